import type { Nanodollars } from "../../ledger/money.ts";

/** The types that providers count and charge separately, in the order of reports; searches are counted individually. */
export const TOKEN_TYPES = ["input", "cached", "cache_write_5m", "cache_write_1h", "output", "web_search"] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** `all`: the bill does not distinguish types. `other`: a charge for neither tokens nor searches. */
export type ChargeType = TokenType | "all" | "other";

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
  /** Null: this line has no amount. */
  cost: Nanodollars | null;
  /** Possible rounding error of the amount, because the bill prints fewer digits. */
  rounding: Nanodollars;
}

const BILL_KINDS = [
  "anthropic-usage", "anthropic-cost", "anthropic-usage-csv", "anthropic-cost-csv",
  "openai-usage", "openai-costs", "openai-usage-csv", "openai-costs-csv", "generic-csv",
] as const;
export type BillKind = (typeof BILL_KINDS)[number];

/** Lines for one period and one combination of the bill's dimensions. */
export interface BillEntry {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Everything but the figures, to find the same usage in two files. */
  dimensions: string;
  lines: readonly BillLine[];
}

/** A response of an API, or a CSV file. */
export interface BillPart {
  kind: BillKind;
  /** File, and page where it has several. */
  origin: string;
  provider: string | null;
  entries: readonly BillEntry[];
  /** Periods that the part covers, even where nothing was charged. */
  spans: readonly { from: number; to: number }[];
}
