import pMap from "p-map";
import { z } from "zod";
import { HEALTH_KINDS } from "../../ledger/alert-kinds.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { replaceJson } from "../json-object.ts";
import { layout, OPEN_CONDITIONS } from "../layout.ts";
import { listKeys, readIfThere } from "./sending-record.ts";

const record = z.object({
  format: z.literal(1),
  kind: z.enum(HEALTH_KINDS),
  subject: z.string(),
  since: z.iso.datetime(),
  /** The period of its alerts. */
  period: z.string(),
  told_at: z.iso.datetime(),
  /** The members that were reported. */
  members: z.array(z.string()),
  facts: z.array(z.string()),
  remedy: z.string().optional(),
  figures: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
/** A condition of the ledger that was reported and is not over. */
export type OpenCondition = z.infer<typeof record>;

/** In order of their keys. One that cannot be read counts as missing: its alerts are recorded, so it is not reported twice. */
export async function loadOpenConditions(store: ObjectStore): Promise<OpenCondition[]> {
  const read = await pMap(await listKeys(store, OPEN_CONDITIONS), (key) => readIfThere(store, key, record.or(z.unknown().transform(() => undefined))), { concurrency: READS_AT_ONCE });
  return read.flatMap((one) => one ?? []);
}

export async function keepOpenCondition(store: ObjectStore, open: OpenCondition): Promise<void> {
  await replaceJson(store, layout.openCondition(open.kind, open.subject), open);
}

export async function removeOpenCondition(store: ObjectStore, { kind, subject }: Pick<OpenCondition, "kind" | "subject">): Promise<void> {
  await store.remove(layout.openCondition(kind, subject));
}

/** Replaces a login in what a condition is about: buckets may be named after callers. */
export function replaceInCondition<Told extends { members: readonly string[]; facts: readonly string[] }>(condition: Told, replace: (text: string) => string): Told {
  return { ...condition, members: condition.members.map(replace), facts: condition.facts.map(replace) };
}
