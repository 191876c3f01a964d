import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import type { Alert } from "../alerts/alert.ts";
import { showDollars } from "../budgets/show-limit.ts";
import type { Anomaly, NamedAmount } from "./find-anomalies.ts";

/** The cost of one session on a day. */
export interface SessionCost {
  /** Null: requests without a session. */
  session: string | null;
  caller: string;
  agent: string | null;
  requests: number;
  cost: Nanodollars;
}

const SHOWN = 5;

/** The only threshold of an anomaly: one alert for each subject and day. */
export const ANOMALY = "anomaly";

/** The subject of an anomaly's alert: `team payments`. */
export function limitOf({ kind, name }: Pick<Anomaly, "kind" | "name">): string {
  return `${kind} ${name}`;
}

/** @param sessions of that day, largest first. */
export function describeAnomaly(anomaly: Anomaly, sessions: readonly SessionCost[], targets: readonly string[]): Alert {
  const { day, spent, median, low, high, tenths, days, kind, callers, models } = anomaly;
  const score = tenths === null ? null : `${String(tenths / 10n)}.${String(tenths % 10n)}`;
  const range = `${showDollars(low)} to ${showDollars(high)}`;
  const lines = [
    `Spent: ${showDollars(spent)} on ${day}`,
    `Usual range: ${range} a day; the median of the ${String(days)} days before is ${showDollars(median)}`,
  ];
  if (models.length > 0) lines.push(`Models: ${list(models)}`);
  if (kind !== "caller" && callers.length > 0) lines.push(`Callers: ${list(callers)}`);
  for (const session of sessions.slice(0, SHOWN)) lines.push(`Session: ${describeSession(session)}`);
  lines.push(`Where to look: ${whereToLook(anomaly)}`);
  return {
    kind: "anomaly",
    limit: limitOf(anomaly),
    period: day,
    threshold: ANOMALY,
    title: `${limitOf(anomaly)} spent ${showDollars(spent)} on ${day}, usually ${range}`,
    lines,
    targets,
    figures: {
      spent_usd: formatDollars(spent),
      median_usd: formatDollars(median),
      low_usd: formatDollars(low),
      high_usd: formatDollars(high),
      score,
      days,
    },
  };
}

function describeSession({ session, caller, agent, requests, cost }: SessionCost): string {
  const who = agent === null ? caller : `${caller}, ${agent}`;
  return `${session ?? "(without a session)"} ${showDollars(cost)} in ${String(requests)} ${requests === 1 ? "request" : "requests"} (${who})`;
}

function whereToLook({ kind, name, day }: Anomaly): string {
  if (kind === "team") return `aperture-ledger explain --month ${day.slice(0, 7)} --team ${JSON.stringify(name)}`;
  return `${kind === "tag" ? "tag" : "caller"} ${JSON.stringify(name)} in the table usage, ${day}`;
}

function list(amounts: readonly NamedAmount[]): string {
  const shown = amounts.slice(0, SHOWN).map(({ name, amount }) => `${name} ${showDollars(amount)}`);
  const more = amounts.length - shown.length;
  return [...shown, ...(more > 0 ? [`${String(more)} more`] : [])].join(", ");
}
