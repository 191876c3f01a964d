import { BILLIONTHS, type Nanodollars } from "../../ledger/money.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import type { AssumedSubscriptions } from "../report/assumed-quality.ts";
import { listCountingDoubts } from "../report/counting-quality.ts";
import type { ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import { countQuarantined } from "../report/data-quality.ts";
import { listNotes } from "../report/reading-quality.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { Change, DayFigures, SessionFigures, TeamDetail } from "./insights.ts";

/** A line of the report. Amounts that a section does not have are undefined; counts are in billionths. */
export interface SummaryRow {
  section: string;
  /** Empty where the line is of all teams. */
  team: string;
  item: string;
  detail: string;
  owed?: Nanodollars | null | undefined;
  adjustments?: Nanodollars | null | undefined;
  listValue?: Nanodollars | null | undefined;
  /** Of the list value, what callers' own keys paid. */
  callerKey?: Nanodollars | null | undefined;
  requests?: bigint;
  unpricedRequests?: bigint;
  tokens?: Partial<ReportedTokens>;
}

type Place = Pick<SummaryRow, "section" | "team" | "item" | "detail">;

/** Everything that the page says in figures, section by section. */
export function listSummary({ allocated, byTeam, byTag, byDimension, insights, quality }: ChargebackReport): SummaryRow[] {
  const { change, teams, pools, days, cacheSavings, topSessions, countingDoubts } = insights;
  return [
    describe({ section: "total", team: "", item: "", detail: "" }, allocated),
    ...listChange("", change),
    ...byTeam.map(({ key: { team, costCenter }, figures }) => describe({ section: "team", team, item: costCenter ?? "", detail: "cost centre" }, figures)),
    ...listSummaryOf("tag", "", byTag, ({ tag }) => [tag, ""]),
    ...byDimension.flatMap(({ name, rows }) => listSummaryOf("dimension", "", rows, ({ value }) => [value, name])),
    ...pools.flatMap(({ pool, shares }) => shares.map(({ team, cost, base }) => ({ section: "pool", team, item: pool, detail: base, owed: cost }))),
    ...days.flatMap((day) => listDay("", day)),
    ...topSessions.map((session) => describeSession("", session)),
    ...cacheSavings.map(({ provider, model, billing, cachedTokens, saved }): SummaryRow => {
      const place = { section: "cache saving", team: "", item: `${provider}/${model}`, detail: billing, tokens: { cached: cachedTokens * BILLIONTHS } };
      if (!isListValue(billing)) return { ...place, owed: saved };
      return billing === "caller_key" ? { ...place, listValue: saved, callerKey: saved } : { ...place, listValue: saved };
    }),
    ...listUsedAgain(quality),
    ...(quality.assumed.requests === 0 ? [] : [listAssumed(quality.assumed)]),
    ...listCountingDoubts(countingDoubts),
    ...listNotes(quality.notes, countQuarantined(quality.quarantined)),
    ...teams.flatMap(listTeam),
  ];
}

function listUsedAgain({ identifiersUsedAgain }: ChargebackReport["quality"]): SummaryRow[] {
  if (identifiersUsedAgain === 0) return [];
  return [{ section: "data quality", team: "", item: "identifiers used again", detail: "UTC days of the month", requests: BigInt(identifiersUsedAgain) * BILLIONTHS }];
}

function listAssumed({ requests, cost }: AssumedSubscriptions): SummaryRow {
  return { section: "data quality", team: "", item: "taken for subscription use", detail: "nothing says who paid", listValue: cost, requests: BigInt(requests) * BILLIONTHS };
}

function listTeam({ team, costCenter, ...of }: TeamDetail): SummaryRow[] {
  const center = costCenter ?? "";
  return [
    ...listChange(team, of.change),
    ...of.budgets.flatMap(({ name, period, amount, spent, forecast }) =>
      ([["amount", amount], ["spent", spent], ["forecast", forecast]] as const).map(([what, owed]) => ({ section: "budget", team, item: name, detail: `${what} ${period}`, owed })),
    ),
    ...listSummaryOf("team caller", team, of.byCaller, ({ caller, callerType }) => [caller, callerType]),
    ...listSummaryOf("team tag", team, of.byTag, ({ tag }) => [tag, center]),
    ...of.byDimension.flatMap(({ name, rows }) => listSummaryOf("team dimension", team, rows, ({ value }) => [value, name])),
    ...listSummaryOf("team model", team, of.byModel, (key) => [`${key.provider}/${key.model}`, center]),
    ...listSummaryOf("team agent", team, of.byAgent, ({ agent }) => [agent ?? "(unknown)", center]),
    { section: "per active person", team, item: center, detail: `${String(of.activePersons)} active`, owed: of.perActivePerson },
    { section: "per session", team, item: center, detail: `${String(of.sessions)} sessions`, owed: of.perSession },
    ...of.days.flatMap((day) => listDay(team, day)),
    ...of.topSessions.map((session) => describeSession(team, session)),
  ];
}

function listSummaryOf<Key>(section: string, team: string, summary: AllocatedSummary<Key>, nameOf: (key: Key) => [item: string, detail: string]): SummaryRow[] {
  return summary.map(({ key, figures }) => {
    const [item, detail] = nameOf(key);
    return describe({ section, team, item, detail }, figures);
  });
}

function describe(place: Place, figures: AllocatedFigures): SummaryRow {
  const { adjustments, requests, unpricedRequests, tokens, billing } = figures;
  return { ...place, owed: sumOwed(figures).cost, adjustments, listValue: sumListValue(figures).cost, callerKey: billing.caller_key.cost, requests, unpricedRequests, tokens };
}

function listChange(team: string, change: Change | null): SummaryRow[] {
  if (change === null) return [];
  const { month, before, now, price, volume, mix } = change;
  return Object.entries({ before, now, price, volume, mix }).map(([item, owed]) => ({ section: "change", team, item, detail: `against ${month}`, owed }));
}

/** Before adjustments; what is self-hosted is owed. */
function listDay(team: string, { date, billing, requests }: DayFigures): SummaryRow[] {
  return [{ section: "day", team, item: date, detail: "before adjustments", owed: billing.metered + billing.self_hosted, listValue: billing.subscription + billing.caller_key, callerKey: billing.caller_key, requests }];
}

function describeSession(team: string, { session, instance, caller, agent, requests, owed, listValue }: SessionFigures): SummaryRow {
  const detail = [caller, ...(agent === null ? [] : [agent]), instance].join(", ");
  return { section: "session", team, item: session, detail, owed, listValue, requests: requests * BILLIONTHS };
}
