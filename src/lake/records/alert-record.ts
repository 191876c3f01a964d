import pMap from "p-map";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readJson } from "../json-object.ts";
import { type AlertName, ALERTS, layout, OPEN_ALERTS } from "../layout.ts";

const name = { limit: z.string(), period: z.string(), threshold: z.string() };

/** An alert as it was raised: a later attempt sends the same content. */
const raised = {
  kind: z.enum(["budget", "anomaly"]),
  ...name,
  title: z.string(),
  lines: z.array(z.string()),
  figures: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
};

const claim = z.object({
  /** Name of the worker. */
  by: z.string(),
  at: z.iso.datetime(),
  /** Until then no other worker sends; after it, this worker does not send either. */
  until: z.iso.datetime(),
});
export type AlertClaim = z.infer<typeof claim>;

const target = z.object({
  name: z.string(),
  state: z.enum(["waiting", "sent", "failed", "given_up"]),
  /** Requests made to it so far. */
  tries: z.int(),
  /** Class of the last failure, such as `http_500` or `timeout`. */
  last_error: z.string().nullable(),
  /** When it was delivered or last tried. */
  at: z.iso.datetime().nullable(),
});
export type AlertedTarget = z.infer<typeof target>;

export const alertRecord = z.object({
  format: z.literal(1),
  ...raised,
  raised_at: z.iso.datetime(),
  /**
   * `claimed`: a worker is sending, or crashed while sending; `sent`: all targets received it; `failed`: some did not, and it
   * will be tried again; `given_up`: some never received it.
   */
  state: z.enum(["claimed", "sent", "failed", "given_up"]),
  /** Number of evaluations that tried to deliver it. */
  round: z.int(),
  claim,
  /** When it will be tried again; null if never. */
  next_try_at: z.iso.datetime().nullable(),
  targets: z.array(target),
});
export type AlertRecord = z.infer<typeof alertRecord>;

export const openAlert = z.object({ format: z.literal(1), ...raised, targets: z.array(z.string()) });
/** An alert whose record is missing or not in its final state. */
export type OpenAlert = z.infer<typeof openAlert>;

export const alertClaim = z.object({ format: z.literal(1), claim });

/** Whether the alert is in a final state. */
export function isDone({ state }: AlertRecord): boolean {
  return state === "sent" || state === "given_up";
}

/** The record of an alert; undefined when it was never raised. */
export async function readAlert(store: ObjectStore, alert: AlertName): Promise<AlertRecord | undefined> {
  try {
    return await readJson(store, layout.alert(alert), alertRecord);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

/** All of them, in order of their keys. */
export async function loadAlerts(store: ObjectStore): Promise<AlertRecord[]> {
  return await pMap(await listKeys(store, ALERTS), (key) => readJson(store, key, alertRecord), { concurrency: READS_AT_ONCE });
}

/** Unfinished alerts. */
export async function loadOpenAlerts(store: ObjectStore): Promise<OpenAlert[]> {
  const found = await pMap(await listKeys(store, OPEN_ALERTS), (key) => readIfThere(store, key), { concurrency: READS_AT_ONCE });
  return found.flatMap((open) => open ?? []);
}

/** A different worker may finish it between the listing and this. */
async function readIfThere(store: ObjectStore, key: string): Promise<OpenAlert | undefined> {
  try {
    return await readJson(store, key, openAlert);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

async function listKeys(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
