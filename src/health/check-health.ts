import type { HealthKind } from "../ledger/alert-kinds.ts";
import { messageOf } from "../ledger/errors.ts";
import type { SentAlerts } from "../limits/delivering/send-alerts.ts";
import type { Ledger } from "../open/ledger.ts";
import { loadOpenConditions } from "../lake/records/open-condition.ts";
import { ARCHIVE_SUBJECT, type Condition } from "./conditions/condition.ts";
import { describeNewFields } from "./finding/describe-new-fields.ts";
import { BY_MANIFESTS, findConditions, type HealthView } from "./finding/find-conditions.ts";
import { type CopyProblem, findInCopies } from "./finding/find-in-copies.ts";
import { BY_TABLES, findInTables, type TableView } from "./finding/find-in-tables.ts";
import { findQuotaDrift } from "./finding/find-quota-drift.ts";
import { type LookedFor, tellConditions } from "./telling/tell-conditions.ts";

export interface CheckedHealth {
  /** The conditions found, of the kinds that were checked. */
  conditions: { kind: HealthKind; subject: string; since: string }[];
  alerts: SentAlerts;
}

export interface CheckedView extends Pick<HealthView, "exports"> {
  /** Exports at the sources that are not ingested yet; absent where the sources were not listed, since then nobody knows whether exports arrive. */
  waiting?: HealthView["waiting"];
  /** The built days; absent in a quick check, which reads manifests alone. */
  days?: TableView["days"];
  /** Copies that are gone or altered; absent where the archive was not listed. */
  copies?: readonly CopyProblem[];
}

/** Finds the conditions of the ledger, and sends alerts about them. Without `health.notify` it checks nothing, writes nothing and returns undefined. */
export async function checkHealth(ledger: Pick<Ledger, "stores" | "rules" | "telling">, view: CheckedView, now: Date): Promise<CheckedHealth | undefined> {
  if (ledger.rules.health.notify === undefined) return undefined;
  const looked = await lookFor(ledger, view, now);
  const alerts = await tellConditions(ledger, looked, now);
  return { conditions: looked.found.map(({ kind, subject, since }) => ({ kind, subject, since: since.toISOString() })), alerts };
}

/** Checks after another error: a failure of the check is only logged, so that it does not hide that error. */
export async function checkHealthEvenSo(ledger: Pick<Ledger, "stores" | "rules" | "telling">, view: () => Promise<CheckedView>, now: Date): Promise<void> {
  if (ledger.rules.health.notify === undefined) return;
  try {
    await checkHealth(ledger, await view(), now);
  } catch (error) {
    ledger.telling.log.warn({ problem: messageOf(error) }, "the health of the ledger could not be checked");
  }
}

async function lookFor({ stores: { lake, archive, sources }, rules: { health, allocation } }: Pick<Ledger, "stores" | "rules">, { exports, waiting, days, copies }: CheckedView, now: Date): Promise<LookedFor> {
  const gateways = sources.map(({ instance }) => instance);
  const kinds = new Set(BY_MANIFESTS);
  if (waiting === undefined) kinds.delete("exports_silent");
  const found = findConditions({ gateways, exports, waiting }, health, now).filter(({ kind }) => kinds.has(kind));
  if (copies !== undefined) found.push(...findInCopies(gateways, copies));
  if (days !== undefined) {
    for (const kind of BY_TABLES) kinds.add(kind);
    found.push(...(await findInTables(lake, { gateways, days }, health, now)));
    const drifts = health.ignore.has("quota_drift") ? undefined : await findQuotaDrift(lake, health, allocation.timezone, now);
    if (drifts !== undefined) kinds.add("quota_drift");
    found.push(...(drifts ?? []));
  }
  const wanted = found.filter(({ kind }) => !health.ignore.has(kind));
  return {
    found: await Promise.all(wanted.map((condition) => withTypes(condition))),
    wasLookedFor: (kind, subject) => health.ignore.has(kind) || kinds.has(kind) || (kind === "verify_failed" && copies !== undefined && subject !== ARCHIVE_SUBJECT),
  };

  /** Reads copies for the types of new fields, but only when a field is reported for the first time. */
  async function withTypes(condition: Condition): Promise<Condition> {
    if (condition.kind !== "new_field") return condition;
    const open = (await loadOpenConditions(lake)).find(({ kind, subject }) => kind === "new_field" && subject === condition.subject);
    const isTold = condition.members.every((member) => open?.members.includes(member));
    return isTold ? condition : await describeNewFields(archive, condition, exports);
  }
}
