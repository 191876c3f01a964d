import pMap from "p-map";
import { z } from "zod";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readJson } from "../json-object.ts";
import { DELIVERIES, layout, OPEN_DELIVERIES } from "../layout.ts";
import { listKeys, readIfThere, type SentKind, sendingShape } from "./sending-record.ts";

/** A report as it is delivered. Later attempts send the same content. */
const delivered = {
  format: z.literal(1),
  /** `YYYY-MM` */
  month: z.string(),
  /** Null: the company's report. */
  team: z.string().nullable(),
  status: z.enum(["preliminary", "complete", "closed"]),
  /** The id of the close or, for an open month, the start of the SHA-256 of the report's JSON file. */
  version: z.string(),
  edition: z.int(),
  title: z.string(),
  lines: z.array(z.string()),
  /** Amounts are dollars as text. */
  figures: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  /** The page at that time, by its key in the lake; null where an earlier version closed the month without it. */
  page: z.object({ key: z.string(), sha256: z.string() }).nullable(),
};
const report = z.object(delivered);
export type DeliveredReport = z.infer<typeof report>;

const deliveryRecord = z.object({ ...delivered, ...sendingShape });
export type DeliveryRecord = z.infer<typeof deliveryRecord>;

export const DELIVERY: SentKind<DeliveredReport> = {
  record: deliveryRecord,
  open: z.object({ ...delivered, targets: z.array(z.string()) }).transform(({ targets, ...content }) => ({ content, targets })),
  openFolder: OPEN_DELIVERIES,
  keysOf: (name) => ({ record: layout.delivery(name), open: layout.openDelivery(name), claims: layout.deliveryClaims(name) }),
};

/** The record of a delivery; undefined if there is none. */
export async function readDelivery(store: ObjectStore, delivery: DeliveredReport): Promise<DeliveryRecord | undefined> {
  return await readIfThere(store, layout.delivery(delivery), deliveryRecord);
}

/** The lowest number from `from` on that no edition of this state has. */
export async function nextEdition(store: ObjectStore, state: DeliveredReport, from: number): Promise<number> {
  for (let edition = from; ; edition++) if ((await store.head(layout.delivery({ ...state, edition }))) === undefined) return edition;
}

/** Number of months whose deliveries are searched. Older reports are no longer delivered. */
const RECENT_MONTHS = 3;

/** Whether a target must no longer get this report, because a later one of the same month and team goes to it. */
export async function isSuperseded(store: ObjectStore, record: DeliveryRecord, target: string): Promise<boolean> {
  const keys = await listKeys(store, layout.deliveriesOf(record));
  return (await readRecords(store, keys)).some((later) => supersedes(later, record, target));
}

/** The first edition of a later state goes to every target. A later edition goes only to the targets that were asked for, so the others still wait for the one before. */
function supersedes(later: DeliveryRecord, earlier: DeliveryRecord, target: string): boolean {
  return later.raised_at > earlier.raised_at && (later.edition === 1 || later.targets.some(({ name }) => name === target));
}

async function readRecords(store: ObjectStore, keys: readonly string[]): Promise<DeliveryRecord[]> {
  return await pMap(keys, (key) => readJson(store, key, deliveryRecord), { concurrency: READS_AT_ONCE });
}

function monthOf(key: string): string {
  return key.slice(DELIVERIES.length).split("/", 1)[0] ?? "";
}

/**
 * Reports of the newest months that did not reach every target, each with the targets that it did not reach, in the order of their keys. Some will be tried
 * again, others were given up. A target that got a later report of the same month and team does not miss the earlier one.
 */
export async function loadUndelivered(store: ObjectStore): Promise<DeliveryRecord[]> {
  const keys = await listKeys(store, DELIVERIES);
  const months = [...new Set(keys.map(monthOf))].toSorted().slice(-RECENT_MONTHS);
  const records = await readRecords(store, keys.filter((key) => months.includes(monthOf(key))));
  const reports = Map.groupBy(records, ({ month, team }) => JSON.stringify([month, team]));
  const missed = [...reports.values()].flatMap((of) =>
    of.map((record) => ({ ...record, targets: record.targets.filter(({ name, state }) => state !== "sent" && !of.some((later) => supersedes(later, record, name))) })),
  );
  return missed.filter(({ targets }) => targets.length > 0);
}
