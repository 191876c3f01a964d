import { createHash } from "node:crypto";
import pMap from "p-map";
import { z } from "zod";
import { addDays } from "../../ledger/days.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBounded } from "../../storage/read-bounded.ts";
import { LARGEST_JSON, type Unreadable } from "../json-object.ts";
import { CATALOGUES, GATEWAY_SNAPSHOTS, layout, POLICY_SNAPSHOTS, TRUE_UPS } from "../layout.ts";

/**
 * A record that decides who owes what and cannot be derived: the configuration or the prices of a gateway or the tailnet policy from some
 * time on, or a true-up of a month.
 */
export interface MoneyRecord {
  key: string;
  sha256: string;
  /** When it was written, by its own content; undefined where that is missing. */
  at: Date | undefined;
}

/** The records of a gateway and those for all gateways, in order of their keys. @param tell receives objects that are too large or in a wrong place; they are left out. */
export async function listMoneyRecords(lake: ObjectStore, instance: string, tell: (unreadable: Unreadable) => void): Promise<MoneyRecord[]> {
  const keys: string[] = [];
  for (const prefix of [`${GATEWAY_SNAPSHOTS}${instance}/`, `${CATALOGUES}${instance}/`, POLICY_SNAPSHOTS, TRUE_UPS]) for await (const { key } of lake.list(prefix)) keys.push(key);
  const read = async (key: string): Promise<MoneyRecord[]> => {
    const one = await readRecord(lake, key);
    if (!("problem" in one)) return [one];
    tell(one);
    return [];
  };
  return (await pMap(keys.sort(), read, { concurrency: READS_AT_ONCE })).flat();
}

async function readRecord(lake: ObjectStore, key: string): Promise<MoneyRecord | Unreadable> {
  const bytes = await readBounded(lake, key, LARGEST_JSON);
  if (bytes === undefined) return { key, problem: `it is larger than ${String(LARGEST_JSON)} bytes` };
  const { at, place = key } = whatItSays(key, bytes) ?? {};
  if (place !== key) return { key, problem: `its content belongs at ${place}` };
  return { key, sha256: createHash("sha256").update(bytes).digest("hex"), at };
}

const taken = (key: string) => z.object({ taken_at: z.iso.datetime() }).transform(({ taken_at: at }) => ({ at: new Date(at), place: layout.gatewaySnapshot(gatewayOfRecord(key) ?? "", new Date(at)) }));
const priced = (key: string) => z.object({ taken_at: z.iso.datetime(), applies_from: z.iso.datetime().nullable(), id: z.string() })
  .transform(({ taken_at: at, applies_from: from, id }) => ({ at: new Date(at), place: layout.catalogue(gatewayOfRecord(key) ?? "", from === null ? null : new Date(from), id) }));
const made = z.object({ month: z.string(), made_at: z.iso.datetime() }).transform(({ month, made_at: at }) => ({ at: new Date(at), place: layout.trueUp(month) }));
// The policy of a day may be written until the day ends in the last time zone.
const dated = z.object({ date: z.iso.date() }).transform(({ date }) => ({ at: new Date(addDays(date, 2)), place: layout.policySnapshot(date) }));

/** When a record was written and where it belongs, from the member that the reader of its kind uses. */
function whatItSays(key: string, bytes: Uint8Array): { at: Date; place: string } | undefined {
  const shape = key.startsWith(POLICY_SNAPSHOTS) ? dated : key.startsWith(TRUE_UPS) ? made : key.startsWith(CATALOGUES) ? priced(key) : taken(key);
  try {
    return shape.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** The gateway of a record: null for a record of all gateways, undefined for a key that is not one of these records. */
export function gatewayOfRecord(key: string): string | null | undefined {
  if (key.startsWith(POLICY_SNAPSHOTS) || key.startsWith(TRUE_UPS)) return null;
  const folder = [GATEWAY_SNAPSHOTS, CATALOGUES].find((prefix) => key.startsWith(prefix));
  return folder === undefined ? undefined : key.slice(folder.length).split("/", 1)[0];
}

/** Whether a record may no longer be replaced once a digest of that day has noted it. The policy of a day may be replaced until the day ends everywhere. */
export function isSettledBy(key: string, date: string): boolean {
  const day = key.startsWith(POLICY_SNAPSHOTS) ? key.slice(POLICY_SNAPSHOTS.length, -".json".length) : undefined;
  return day === undefined || !z.iso.date().safeParse(day).success || date > addDays(day, 1);
}
