import { createHash } from "node:crypto";
import pMap from "p-map";
import { z } from "zod";
import { addDays } from "../days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { requireBounded } from "../storage/read-bounded.ts";
import { LARGEST_JSON } from "./json-object.ts";
import { GATEWAY_SNAPSHOTS, POLICY_SNAPSHOTS, TRUE_UPS } from "./layout.ts";

/**
 * A record that decides who owes what and follows from nothing else: what a gateway's configuration or the tailnet policy said from
 * some time on, or what a month is trued up to.
 */
export interface MoneyRecord {
  key: string;
  sha256: string;
  /** When it was written, as it says itself; undefined where it does not. */
  at: Date | undefined;
}

const READS_AT_ONCE = 16;

/** Those of a gateway and those of all gateways, in order of their keys. */
export async function listMoneyRecords(lake: ObjectStore, instance: string): Promise<MoneyRecord[]> {
  const keys: string[] = [];
  for (const prefix of [`${GATEWAY_SNAPSHOTS}${instance}/`, POLICY_SNAPSHOTS, TRUE_UPS]) for await (const { key } of lake.list(prefix)) keys.push(key);
  return await pMap(keys.sort(), (key) => readRecord(lake, key), { concurrency: READS_AT_ONCE });
}

async function readRecord(lake: ObjectStore, key: string): Promise<MoneyRecord> {
  const bytes = await requireBounded(lake, key, LARGEST_JSON);
  return { key, sha256: createHash("sha256").update(bytes).digest("hex"), at: timeOf(key, bytes) };
}

const taken = z.object({ taken_at: z.iso.datetime() }).transform(({ taken_at: at }) => new Date(at));
const made = z.object({ made_at: z.iso.datetime() }).transform(({ made_at: at }) => new Date(at));
// The policy of a day may be written until the day ends, in whatever time zone.
const dated = z.object({ date: z.iso.date() }).transform(({ date }) => new Date(addDays(date, 2)));

/** Each kind by the member that its reader goes by: any other member of it decides nothing. */
function timeOf(key: string, bytes: Uint8Array): Date | undefined {
  const timed = key.startsWith(POLICY_SNAPSHOTS) ? dated : key.startsWith(TRUE_UPS) ? made : taken;
  try {
    return timed.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The gateway that a record is of: null of those of all gateways; undefined of what is none of these records. */
export function gatewayOfRecord(key: string): string | null | undefined {
  if (key.startsWith(POLICY_SNAPSHOTS) || key.startsWith(TRUE_UPS)) return null;
  return key.startsWith(GATEWAY_SNAPSHOTS) ? key.slice(GATEWAY_SNAPSHOTS.length).split("/", 1)[0] : undefined;
}

/** Whether a record may no longer be replaced once a digest of that day has noted it: the policy of a day may, until the day ends everywhere. */
export function isSettledBy(key: string, date: string): boolean {
  const day = key.startsWith(POLICY_SNAPSHOTS) ? key.slice(POLICY_SNAPSHOTS.length, -".json".length) : undefined;
  return day === undefined || !z.iso.date().safeParse(day).success || date > addDays(day, 1);
}
