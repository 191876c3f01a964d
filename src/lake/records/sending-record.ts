import pMap from "p-map";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readJson } from "../json-object.ts";

const claim = z.object({
  /** Name of the worker. */
  by: z.string(),
  at: z.iso.datetime(),
  /** Until then no other worker sends; after it, this worker does not send either. */
  until: z.iso.datetime(),
});
export type Claim = z.infer<typeof claim>;

const target = z.object({
  name: z.string(),
  state: z.enum(["waiting", "sent", "failed", "given_up"]),
  /** Attempts so far. */
  tries: z.int(),
  /** Class of the last failure, such as `http_500` or `timeout`. */
  last_error: z.string().nullable(),
  /** When it was delivered or last tried. */
  at: z.iso.datetime().nullable(),
});
export type SentTarget = z.infer<typeof target>;

/** The part of a message's record that describes its sending. The other part is the message itself. */
export const sendingShape = {
  raised_at: z.iso.datetime(),
  /**
   * `claimed`: a worker is sending, or crashed while sending; `sent`: all targets received it; `failed`: some did not, and it
   * will be tried again; `given_up`: some never received it.
   */
  state: z.enum(["claimed", "sent", "failed", "given_up"]),
  /** Number of rounds of sending. */
  round: z.int(),
  claim,
  /** When it will be tried again; null if never. */
  next_try_at: z.iso.datetime().nullable(),
  targets: z.array(target),
} as const;
const sending = z.object(sendingShape);
export type Sending = z.infer<typeof sending>;

/** A message and the names of its targets. */
export interface ToSend<Content> {
  content: Content;
  targets: readonly string[];
}

/** Keys of the objects that are kept for one message. */
export interface SendingKeys {
  record: string;
  /** Exists until the message is finished. */
  open: string;
  /** Folder of the claims of further rounds: the record itself is the claim of the first. */
  claims: string;
}

/** A kind of message that is sent once: how its objects are parsed, and where they are stored. */
export interface SentKind<Content extends object> {
  record: z.ZodType<Content & Sending>;
  open: z.ZodType<ToSend<Content>>;
  openFolder: string;
  keysOf: (content: Content) => SendingKeys;
}

export const claimObject = z.object({ format: z.literal(1), claim });

/** Whether the message is in a final state. */
export function isDone({ state }: Pick<Sending, "state">): boolean {
  return state === "sent" || state === "given_up";
}

/** The record of a message; undefined if there is none. */
export async function readSending<Content extends object>(store: ObjectStore, { record, keysOf }: SentKind<Content>, content: Content): Promise<(Content & Sending) | undefined> {
  return await readIfThere(store, keysOf(content).record, record);
}

/** Unfinished messages. A different worker may finish one between the listing and the reading. */
export async function loadOpen<Content extends object>(store: ObjectStore, { open, openFolder }: Pick<SentKind<Content>, "open" | "openFolder">): Promise<ToSend<Content>[]> {
  const found = await pMap(await listKeys(store, openFolder), (key) => readIfThere(store, key, open), { concurrency: READS_AT_ONCE });
  return found.flatMap((one) => one ?? []);
}

export async function readIfThere<Value>(store: ObjectStore, key: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  try {
    return await readJson(store, key, schema);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

export async function listKeys(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
