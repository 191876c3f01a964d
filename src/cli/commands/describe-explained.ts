import type { ExplainedTeam } from "../../allocation/explain-team.ts";
import { nameAdjustment } from "../../allocation/explanation/adjusted-bases.ts";
import { sumOthers, type TeamRecord } from "../../allocation/explanation/rank-records.ts";
import { describeVersion } from "../../allocation/explanation/rule-words.ts";
import { isOwedKind, kindOfMoney, MONEY_KINDS, type MoneyKind, sumExplained } from "../../allocation/explanation/sum-explained.ts";
import type { Reason } from "../../allocation/explanation/team-explanation.ts";
import type { Method } from "../../allocation/shares/decide.ts";
import { CAUSE_TITLES } from "../../chargeback/sections/corrections.ts";
import { BILLIONTHS, formatDollars, type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import { firstLines } from "../first-lines.ts";
import { presentation } from "../presentation.ts";
import { shortenDollars, showParts } from "../shown-money.ts";
import { describeClosed } from "./describe-closed.ts";
import { countPrinter, type PrintCounts } from "./print-counts.ts";

interface Printing {
  exact: boolean;
  /** Prints amounts that appear with their sum, so that the printed amounts add up as well. */
  amounts: typeof showParts;
  counts: PrintCounts;
}

/** Explains a team's figures in lines of text. */
export function describeExplained(explained: ExplainedTeam, name: string): string[] {
  const { month, close, team, rows, members, rules, madeFrom } = explained;
  const sum = sumExplained(rows);
  const { exact } = presentation();
  const print: Printing = { exact, amounts: showParts, counts: countPrinter(exact) };
  const about = [team?.costCenter && `cost centre ${team.costCenter}`, team?.owner && `owner ${team.owner}`].filter(Boolean);
  const [owed = ""] = print.amounts([sum.owed]);
  const [requests, unpriced] = [print.counts.one(sum.requests), print.counts.one(sum.unpriced)];
  return [
    `explain      ${name}, ${month.name} in ${month.timezone}${about.length === 0 ? "" : `: ${about.join(", ")}`}`,
    ...(close === null ? [] : [`closed       ${describeClosed(close)}: with the settings, prices and records of that time`]),
    `owed         ${owed}`,
    `requests     ${requests}, including ${unpriced} that have tokens but no price and are in no cost`,
    "",
    ...describeKinds(explained, print),
    ...firstLines(rules, (rule) => `rule         ${rule.name}, ${shortenDollars(describeVersion(rule))}`),
    "",
    ...firstLines(members, ({ caller, via, from, until }) => `caller       ${caller}: ${via}${from === null ? "" : `, from ${from.toISOString()}`}${until === null ? "" : `, until ${until.toISOString()}`}`),
    ...describeRecords(explained, print),
    ...describeCorrections(explained, sum.owed, print),
    "",
    `made from    ${String(madeFrom.days)} ${madeFrom.days === 1 ? "day" : "days"} of usage, settings ${madeFrom.settings}: ${madeFrom.allocations}`,
  ];
}

const KIND_WORDS: Readonly<Record<MoneyKind, string>> = {
  metered: "metered: owed to providers",
  self_hosted: "self-hosted: runs on our own machines",
  adjustments: "adjustments: discounts, markups, invoices, and amounts that charges cover",
  charges: "charges: seats, commitments and other charges besides usage",
  subscription: "list value, not owed: the callers' own subscriptions pay",
  caller_key: "list value, not owed: the accounts of the callers' own API keys pay",
};

/** A subtotal for each kind of money that the team has, followed by its reasons. */
function describeKinds(explained: ExplainedTeam, print: Printing): string[] {
  const { byKind, owed } = sumExplained(explained.rows);
  const kinds = MONEY_KINDS.filter((kind) => explained.reasons.some((reason) => kindOfMoney(reason) === kind));
  const ofKind = new Map(kinds.map((kind) => [kind, explained.reasons.filter((reason) => kindOfMoney(reason) === kind)]));
  const owedKinds = kinds.filter(isOwedKind);
  const shared = shareCents(roundToCents([owed]).total, owedKinds.map((kind) => byKind[kind]));
  const requests = print.counts.shared(explained.reasons.map((reason) => reason.requests));
  return kinds.flatMap((kind) => {
    const cents = isOwedKind(kind) ? shared[owedKinds.indexOf(kind)] : undefined;
    const reasons = ofKind.get(kind) ?? [];
    const isPriced = reasons.some(({ cost }) => cost !== null);
    const [subtotal = ""] = print.amounts([isPriced ? byKind[kind] : null], cents);
    const amounts = print.amounts(reasons.map(({ cost }) => cost), cents);
    return [
      `subtotal     ${subtotal.padStart(width(print))}  ${KIND_WORDS[kind]}`,
      ...firstLines(reasons, (reason) => `because      ${(amounts[reasons.indexOf(reason)] ?? "").padStart(width(print))}  ${describeReason(reason, requests[explained.reasons.indexOf(reason)] ?? "", explained, print)}`),
    ];
  });
}

function width({ exact }: Printing): number {
  return exact ? 18 : 12;
}

function describeReason(reason: Reason, requests: string, { records }: ExplainedTeam, print: Printing): string {
  const { method, rule, base } = reason;
  if (kindOfMoney(reason) === "charges") return `${rule}${base === null ? "" : ` (${shortenDollars(base)})`}`;
  if (method === "adjustment") {
    const adjusted = "why" in records ? undefined : records.bases.get(nameAdjustment(reason));
    const rate = shortenDollars(base ?? "");
    return adjusted === undefined ? `${rule} (${rate})` : `${rule}: ${rate} of ${print.amounts([adjusted])[0] ?? ""}`;
  }
  const share = base === null ? "" : ` (${shortenDollars(base)})`;
  return `${rule === "directory" ? METHODS[method] : `${METHODS[method]}: ${rule}`}${share}, ${requests} ${reason.requests === BILLIONTHS ? "request" : "requests"}`;
}

const METHODS: Readonly<Record<Method, string>> = {
  member: "member of the team",
  tag_owner: "owner of the tag",
  primary: "first of the caller's teams",
  rule: "rule",
  split_even: "split evenly over the caller's teams",
  split_weights: "split by weights",
  unallocated: "nobody's",
  pool_even: "shared cost, spread evenly",
  pool_weights: "shared cost, spread by weights",
  pool_proportional: "shared cost, spread by direct cost",
  adjustment: "adjustment",
};

/** Together, the listed records and the sum of the others are everything that the team pays. */
function describeRecords({ records }: ExplainedTeam, print: Printing): string[] {
  if ("why" in records) return ["", `records      not known as they were: ${records.why}`];
  const { listed, rebuiltDays } = records;
  if (listed.length === 0) return [];
  const others = sumOthers(records);
  const [owing, listing] = [listed.filter(isOwing), listed.filter((record) => !isOwing(record))];
  const owed = print.amounts([...owing.map(paidOf), others.owed]);
  const listValue = print.amounts([...listing.map(paidOf), others.listValue]);
  const amountOf = (record: TeamRecord): string => (isOwing(record) ? owed[owing.indexOf(record)] : listValue[listing.indexOf(record)]) ?? "";
  const ofListValue = others.listValue === 0n ? "" : `, and ${listValue.at(-1) ?? ""} of list value`;
  return [
    "",
    "The records it pays most for:",
    ...listed.map((record) => `record       ${amountOf(record).padStart(width(print))}  ${describeRecord(record, print)}`),
    ...(others.count === 0 ? [] : [`records      ${(owed.at(-1) ?? "").padStart(width(print))}  ${String(others.count)} ${others.count === 1 ? "other" : "others"}${ofListValue}`]),
    ...(rebuiltDays === 0 ? [] : [`attention    ${rebuiltDays === 1 ? "1 day was" : `${String(rebuiltDays)} days were`} rebuilt from the exports that the close knew, since it kept no records. They give the closed figures`]),
  ];
}

function isOwing({ usage }: TeamRecord): boolean {
  return !isListValue(usage.billing);
}

function paidOf({ part, adjustments }: TeamRecord): Nanodollars {
  return part + adjustments;
}

function describeRecord(record: TeamRecord, print: Printing): string {
  const { cost, share, adjustments, at, usage, captureId, recordId, export: from } = record;
  const [ofCost = "", change = ""] = [cost, adjustments].map((amount) => print.amounts([amount])[0]);
  const notes = [
    ...(share === BILLIONTHS ? [] : [`${formatDollars(share)} of ${ofCost}`]),
    ...(adjustments === 0n ? [] : [`adjustments ${change}`]),
    ...(isOwing(record) ? [] : ["list value, not owed"]),
  ];
  return `${at.toISOString()} ${usage.caller} ${usage.model} ${captureId ?? String(recordId)} in ${from}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

/** The corrections after the close, and the amount that the team owes with them. */
function describeCorrections({ close, corrections }: ExplainedTeam, owed: Nanodollars, print: Printing): string[] {
  if (close === null) return [];
  if (corrections.length === 0) return ["", "corrections  none: nothing differs from what was closed"];
  const changes = corrections.map((one) => one.owed);
  const amounts = print.amounts([owed, ...changes]);
  const total = print.amounts([[owed, ...changes].reduce((sum, one) => sum + one, 0n)]);
  return [
    "",
    "What came after the close, not in these figures:",
    ...firstLines(corrections, (one) => {
      const { booking, bookedBy, cause, reason, listValue } = one;
      const listed = listValue === 0n ? "" : `, list value ${print.amounts([listValue])[0] ?? ""}`;
      const state = bookedBy === null ? "open, may still change" : `closed, ${bookedBy}`;
      return `correction   ${(amounts[corrections.indexOf(one) + 1] ?? "").padStart(width(print))}  booked in ${booking} (${state}): ${CAUSE_TITLES[cause]}, ${reason}${listed}`;
    }),
    `corrected    ${(total[0] ?? "").padStart(width(print))}  owed with them`,
  ];
}
