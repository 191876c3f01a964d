import { join } from "node:path";
import { layout } from "../../../src/lake/layout.ts";
import type { ReadTable } from "./read-page.ts";
import { type Figures, remember, sumTruth } from "./truth.ts";

/** A page's month, and the team that it is about; null: the company's. */
export interface Subject {
  lake: string;
  month: string;
  team: string | null;
}

type State = "closed" | "corrected" | "now";

interface PageMonth {
  /** What of the truth the page was made from. */
  state: State;
  /** Closed months that are corrected in it. */
  corrects: { month: string; from: State; to: State }[];
  before: { month: string; state: State; days: string };
}

/** By hand: what each page's status means for its figures. */
const MONTHS: Readonly<Record<string, PageMonth>> = {
  "2026-08": { state: "closed", corrects: [{ month: "2026-07", from: "closed", to: "corrected" }], before: { month: "2026-07", state: "closed", days: "day(day) >= 30" } },
  "2026-09": { state: "now", corrects: [{ month: "2026-07", from: "corrected", to: "now" }, { month: "2026-08", from: "closed", to: "now" }], before: { month: "2026-08", state: "closed", days: "true" } },
  "2026-10": { state: "now", corrects: [], before: { month: "2026-09", state: "now", days: "day(day) <= 15" } },
};

export function pageMonth(month: string): PageMonth {
  const found = MONTHS[month];
  if (found === undefined) throw new Error(`no page of ${month}`);
  return found;
}

export const HEADING = "concat_ws(' ', team, cost_center)";

/** SQL of the parts that a page of the company counts. */
export function partsOf(month: string): string {
  return `month = '${month}' AND state = '${pageMonth(month).state}'`;
}

/** Keeps the rows of a heading out of rows whose names begin with it. */
async function ofHeading({ month }: Subject, heading: string, name: string): Promise<Map<string, Figures>> {
  const all = await sumTruth(partsOf(month), `${HEADING} || chr(9) || ${name}`);
  return new Map([...all].filter(([key]) => key.startsWith(`${heading}\t`)).map(([key, figures]) => [key.slice(heading.length + 1), figures]));
}

const CAUSES = "CASE cause WHEN 'late_export' THEN 'Late export' WHEN 'directory_change' THEN 'Changed owner' ELSE cause END";

async function corrections({ lake, month, team }: Subject, isListValue: boolean): Promise<Map<string, Figures>> {
  const sum = (column: string): string => `sum(${column})::DECIMAL(38,9)::VARCHAR`;
  return await remember(`SELECT concat_ws(' | ', team, corrects, ${CAUSES}) AS name, ${sum("was_usd")} AS "Was", ${sum("is_usd")} AS "Is", ${sum("difference_usd")} AS "Difference", count(*)::VARCHAR AS "Rows"
    FROM read_parquet('${join(lake, layout.corrections(month))}') WHERE (billing = 'subscription') = ${String(isListValue)} ${team === null ? "" : `AND team = '${team}'`} GROUP BY ALL`);
}

const DAY = "day::VARCHAR";
const STATUS = "CASE status_code WHEN 200 THEN 'ok' WHEN 429 THEN 'rejected' ELSE 'error' END";
const BILLING = "CASE billing WHEN 'metered' THEN 'Metered' WHEN 'self_hosted' THEN 'Self-hosted' WHEN 'subscription' THEN 'Subscription' END";
const TEAM = "concat_ws(' | ', team, coalesce(cost_center, '–'))";
const MONTH_TITLE = "strftime(day, '%B %Y')";

type Sums = Promise<Map<string, Figures>>;
interface TableKind {
  caption: RegExp;
  expect: (subject: Subject, table: ReadTable) => Sums;
  /** Whether the table may leave out rows. */
  isShortened?: true;
}

const ofCompany = (caption: RegExp, name: string, where = "true"): TableKind => ({ caption, expect: async ({ month }) => await sumTruth(`${partsOf(month)} AND ${where}`, name) });
const ofTeam = (caption: RegExp, name: string): TableKind => ({ caption, expect: async (subject, { heading }) => await ofHeading(subject, heading, name) });

/** Every kind of table whose figures are sums of the truth or of the corrections; the first that fits counts. */
export const TABLE_KINDS: readonly TableKind[] = [
  ofCompany(/^One row per team and cost centre; /, TEAM),
  ofCompany(/^One row per tag; a device with several tags is split evenly/, "tag"),
  ofCompany(/^One row per value of repo,/, "coalesce(repo, '(none)')"),
  ofCompany(/^One row per value of client,/, "coalesce(client, '(none)')"),
  ofCompany(/^One row per caller: /, "caller || ' | ' || caller_type"),
  ofCompany(/^One row per set of tags; /, "if(len(tags) = 0, '(untagged)', array_to_string(tags, ','))"),
  ofCompany(/^One row per model, across providers/, "model"),
  ofCompany(/^One row per provider, /, "provider"),
  ofCompany(/^Who pays, by the gateway’s estimates/, BILLING),
  ofCompany(/^How the requests ended/, STATUS),
  ofCompany(/^Unpriced requests by model/, "model || ' | ' || provider", "is_unpriced"),
  ofCompany(/^One row per team that pays a part/, "team", "is_pooled"),
  { caption: /^One row per shared cost/, expect: async ({ month, team }) => new Map([...(await sumTruth(`${partsOf(month)} AND is_pooled AND team = '${team ?? ""}'`, "'shared CI'"))].map(([name, { Part = null }]) => [name, { "The team’s part": Part }])) },
  { caption: /^One row per day, before adjustments/, expect: async (subject, { section, heading }) => (section === "days" ? await sumTruth(partsOf(subject.month), DAY) : await ofHeading(subject, heading, DAY)) },
  ofTeam(/^By caller/, "caller"),
  ofTeam(/^By model/, "model || ' ' || provider"),
  ofTeam(/^By tag/, "tag"),
  ofTeam(/^By repo/, "coalesce(repo, '(none)')"),
  ofTeam(/^By client/, "coalesce(client, '(none)')"),
  ofTeam(/^By agent/, "coalesce(agent, 'unknown')"),
  { caption: /^Top sessions of all teams: /, expect: async ({ month }) => await sumTruth(`${partsOf(month)} AND session_id IS NOT NULL`, "session_id"), isShortened: true },
  { ...ofTeam(/^Top sessions: /, "session_id"), isShortened: true },
  { caption: /^Owed: one row per closed month, cause and team/, expect: async (subject) => await corrections(subject, false) },
  { caption: /^List value: one row per closed month, cause and team/, expect: async (subject) => await corrections(subject, true) },
  {
    caption: /^What was owed in each month/,
    // July is as it was closed, as is August.
    expect: async ({ month }) => await sumTruth(`month <= '${month}' AND state = if(month < '2026-09', 'closed', 'now')`, `${MONTH_TITLE} || ' | ' || CASE WHEN month = '${month}' THEN 'this report' WHEN month < '2026-09' THEN 'closed' ELSE 'open' END`),
  },
];

/** The names of a row as an expected row has them. */
export function nameOf(table: ReadTable, names: readonly string[]): string {
  return /sessions|that pays a part/.test(table.caption) ? (names[0] ?? "") : names.filter((one) => one !== "").join(" | ");
}
