import pMap from "p-map";
import { layout } from "../../lake/layout.ts";
import { keepOpenCondition, loadOpenConditions, type OpenCondition, removeOpenCondition, replaceInCondition } from "../../lake/records/open-condition.ts";
import type { HealthKind } from "../../ledger/alert-kinds.ts";
import { replaceErased } from "../../limits/alerts/erase-names.ts";
import { sendAlerts, type SentAlerts } from "../../limits/delivering/send-alerts.ts";
import type { Ledger } from "../../open/ledger.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { ARCHIVE_SUBJECT, type Condition } from "../conditions/condition.ts";
import { CLEARED, clearedAlert, limitOf, periodOf, raisedAlert } from "./condition-alerts.ts";

/** The kinds that were checked, and the conditions found. A checked condition that was not found is over. */
export interface LookedFor {
  found: readonly Condition[];
  wasLookedFor: (kind: HealthKind, subject: string) => boolean;
}

/** A condition and its members that must be reported; undefined if everything about it was reported before. */
interface Judged {
  condition: Condition;
  fresh: readonly string[] | undefined;
  open: OpenCondition;
}

/**
 * Sends an alert for each condition that began, for each new member of one, and for each that is over. An alert is recorded before the note of the
 * open condition is written or removed. After a crash between the two, the alert is found and not sent again.
 */
export async function tellConditions(ledger: Pick<Ledger, "stores" | "rules" | "telling">, { found, wasLookedFor }: LookedFor, now: Date): Promise<SentAlerts> {
  const { stores: { lake }, rules: { health, allocation: { pseudonymOf } }, telling: { alerting } } = ledger;
  const targets = health.notify ?? [];
  const known = new Map((await loadOpenConditions(lake)).map((open) => [limitOf(open), open]));
  // The gateway goes on naming a bucket after an erased caller.
  const named = pseudonymOf === undefined ? found : found.map((condition) => replaceInCondition(condition, replaceErased(pseudonymOf)));
  const judged = await pMap(named, (condition) => judge(lake, condition, known.get(limitOf(condition)), now), { concurrency: READS_AT_ONCE });
  const subjects = new Set([...ledger.stores.sources.map(({ instance }) => instance), ARCHIVE_SUBJECT]);
  const stillFound = new Set(found.map(limitOf));
  const gone = [...known.values()].filter((open) => wasLookedFor(open.kind, open.subject) && !stillFound.has(limitOf(open)));
  // If the gateway is no longer pulled, or the kind is no longer checked, nobody knows whether the condition is over.
  const over = gone.filter(({ kind, subject }) => subjects.has(subject) && !health.ignore.has(kind));
  const alerts = [
    ...judged.flatMap(({ condition, fresh, open }) => (fresh === undefined ? [] : [raisedAlert(condition, fresh, open.period, targets)])),
    ...over.map((open) => clearedAlert(open, targets)),
  ];
  const sent = await sendAlerts(ledger, alerts, alerting.notifying, alerting.tools);
  for (const { open, fresh } of judged) if (fresh !== undefined || !isSame(open, known.get(limitOf(open)))) await keepOpenCondition(lake, open);
  for (const open of gone) await removeOpenCondition(lake, open);
  return sent;
}

async function judge(lake: ObjectStore, condition: Condition, known: OpenCondition | undefined, now: Date): Promise<Judged> {
  const { kind, subject, since, members, facts, remedy, figures } = condition;
  const told = new Set(known?.members);
  const fresh = members.filter((member) => !told.has(member));
  const open: OpenCondition = {
    format: 1,
    kind,
    subject,
    since: known?.since ?? since.toISOString(),
    period: known?.period ?? (await findPeriod(lake, condition)),
    told_at: known?.told_at ?? now.toISOString(),
    members: [...members],
    facts: [...facts],
    ...(remedy === undefined ? {} : { remedy }),
    figures: { ...figures },
  };
  return { condition, fresh: known === undefined || fresh.length > 0 ? fresh : undefined, open };
}

/** The first episode that is not over. */
async function findPeriod(lake: ObjectStore, condition: Condition): Promise<string> {
  for (let episode = 1; ; episode++) {
    const period = periodOf(condition, episode);
    if ((await lake.head(layout.alert({ limit: limitOf(condition), period, threshold: CLEARED }))) === undefined) return period;
  }
}

/** A member that disappeared is reported again when it comes back. */
function isSame({ members }: OpenCondition, known: OpenCondition | undefined): boolean {
  return JSON.stringify(members) === JSON.stringify(known?.members);
}
