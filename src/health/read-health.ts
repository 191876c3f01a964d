import type { DayManifest } from "../lake/days/day-manifest.ts";
import { loadOpenConditions, type OpenCondition } from "../lake/records/open-condition.ts";
import { HEALTH_KINDS, type HealthKind } from "../ledger/alert-kinds.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { ARCHIVE_SUBJECT, type Condition } from "./conditions/condition.ts";
import type { HealthSettings } from "./conditions/health-settings.ts";
import { BY_MANIFESTS, findConditions, type HealthView } from "./finding/find-conditions.ts";
import { BY_TABLES, findInTables, isUnpriced } from "./finding/find-in-tables.ts";

export interface ReadView extends HealthView {
  /** The built days. */
  days: readonly DayManifest[];
}

/** Finds the current conditions of the ledger, by kind. Writes nothing. Conditions that need a verification or a replay are returned as last reported. */
export async function readHealth(lake: ObjectStore, view: ReadView, settings: HealthSettings, now: Date): Promise<Condition[]> {
  const kept = await loadKept(lake, view.gateways, () => true);
  const seen = [...findConditions(view, settings, now), ...(await findInTables(lake, view, settings, now))];
  // Tables are read for the last days only. The reported condition has the time at which it began.
  const sinceTold = (one: Condition): Date => kept.find(({ kind, subject }) => kind === one.kind && subject === one.subject)?.since ?? one.since;
  const found = [...seen.map((one) => ({ ...one, since: sinceTold(one) })), ...kept.filter(({ kind }) => !BY_MANIFESTS.has(kind) && !BY_TABLES.has(kind))];
  return HEALTH_KINDS.filter((kind) => !settings.ignore.has(kind)).flatMap((kind) => found.filter((one) => one.kind === kind));
}

/** For each kind, the gateways with such a condition. Reads no tables, so missing captures are also as last reported. */
export async function readHealthFlags(lake: ObjectStore, view: ReadView, settings: HealthSettings, now: Date): Promise<Map<HealthKind, ReadonlySet<string>>> {
  const found: Pick<Condition, "kind" | "subject">[] = [
    ...findConditions(view, settings, now),
    ...view.days.filter((day) => isUnpriced(day, now)).map(({ instance }) => ({ kind: "unpriced" as const, subject: instance })),
    ...(await loadKept(lake, view.gateways, (kind) => kind !== "unpriced" && !BY_MANIFESTS.has(kind))),
  ];
  return new Map(HEALTH_KINDS.filter((kind) => !settings.ignore.has(kind)).map((kind) => [kind, new Set(found.filter((one) => one.kind === kind).map(({ subject }) => subject))]));
}

async function loadKept(lake: ObjectStore, gateways: readonly string[], isWanted: (kind: HealthKind) => boolean): Promise<Condition[]> {
  const subjects = new Set([...gateways, ARCHIVE_SUBJECT]);
  return (await loadOpenConditions(lake)).filter(({ kind, subject }) => isWanted(kind) && subjects.has(subject)).map(toCondition);
}

function toCondition({ kind, subject, since, members, facts, remedy, figures }: OpenCondition): Condition {
  return { kind, subject, since: new Date(since), members, facts, ...(remedy === undefined ? {} : { remedy }), figures };
}
