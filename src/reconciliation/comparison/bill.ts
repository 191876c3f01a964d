import type { Nanodollars } from "../../ledger/money.ts";
import type { Term } from "../../ledger/usage/terms.ts";

/** The types that providers count and charge separately, in the order of reports; searches are counted individually. */
export const TOKEN_TYPES = ["input", "cached", "cache_write_5m", "cache_write_1h", "output", "web_search"] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** `all`: the bill does not distinguish types. `other`: a charge for neither tokens nor searches. */
export type ChargeType = TokenType | "all" | "other";

/** An amount in a currency other than dollars. It is never added to dollars. */
interface ForeignAmount {
  /** ISO 4217, in upper case. */
  currency: string;
  /** In billionths of the currency. */
  amount: bigint;
}

/** A count or an amount of a bill, or both. */
export interface BillLine {
  /** `YYYY-MM-DD`, a UTC day. */
  date: string;
  /** As the `usage` table spells it. */
  provider: string;
  /** As the bill spells it; for `other` the charged item. */
  model: string;
  type: ChargeType;
  /** Workspace or project; null: the default one, or the bill does not distinguish them. */
  workspace: string | null;
  /** Null: this line has no count. */
  tokens: bigint | null;
  /** Null for a line without an amount in dollars. */
  cost: Nanodollars | null;
  /** The line's amount in another currency; `cost` is then null. */
  foreign?: ForeignAmount | undefined;
  /** The value of the usage where a commitment pays for some of it, so that `cost` is less. */
  effective?: Nanodollars | undefined;
  /** Possible rounding error of the amount, because the bill prints fewer digits. */
  rounding: Nanodollars;
  /** The terms that the bill distinguishes. */
  terms?: StatedTerms | undefined;
}

/** Terms by name, as the bill spells them. */
type StatedTerms = Readonly<Partial<Record<Term, string>>>;

const BILL_KINDS = [
  "anthropic-usage", "anthropic-cost", "anthropic-usage-csv", "anthropic-cost-csv",
  "anthropic-analytics-usage", "anthropic-analytics-cost",
  "openai-usage", "openai-costs", "openai-usage-csv", "openai-costs-csv", "focus", "generic-csv",
] as const;
export type BillKind = (typeof BILL_KINDS)[number];

/** Lines for one period and one combination of the bill's dimensions. */
export interface BillEntry {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Everything but the figures, to find the same usage in two files. */
  dimensions: string;
  /** The dimensions without the terms, if the lines state terms. */
  withoutTerms?: string;
  lines: readonly BillLine[];
}

/** A cloud's charge for services that are not about models. */
export interface OtherService {
  service: string;
  /** As named on the bill. */
  currency: string;
  /** In billionths of the currency. */
  amount: bigint;
}

/** A response of an API, or a file. */
export interface BillPart {
  kind: BillKind;
  /** File, and page where it has several. */
  origin: string;
  provider: string | null;
  entries: readonly BillEntry[];
  /** Periods that the part covers, even where nothing was charged. */
  spans: readonly { from: number; to: number }[];
  /** The requested span, where it is known. The part covers all of it, even days that it does not list. */
  asked?: { from: number; to: number };
  /** Lines that are left out, ordered by service. */
  otherServices?: readonly OtherService[];
}
