import type { Nanodollars } from "../../ledger/money.ts";

/** What providers count and charge apart, in the order of reports; searches are counted one by one. */
export const TOKEN_TYPES = ["input", "cached", "cache_write_5m", "cache_write_1h", "output", "web_search"] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** `all`: the bill does not tell types apart. `other`: charged, and for neither tokens nor searches. */
export type ChargeType = TokenType | "all" | "other";

/** A count or an amount of a bill, or both. */
export interface BillLine {
  /** `YYYY-MM-DD`, a UTC day. */
  date: string;
  /** As the `usage` table spells it. */
  provider: string;
  /** As the bill spells it; of `other` what is charged. */
  model: string;
  type: ChargeType;
  /** Workspace or project; null: the default one, or the bill does not tell them apart. */
  workspace: string | null;
  /** Null: the bill does not count here. */
  tokens: bigint | null;
  /** Null: the bill asks no money here. */
  cost: Nanodollars | null;
  /** How far the amount may be from what was charged, because the bill prints fewer digits. */
  rounding: Nanodollars;
}

const BILL_KINDS = [
  "anthropic-usage", "anthropic-cost", "anthropic-usage-csv", "anthropic-cost-csv",
  "openai-usage", "openai-costs", "openai-usage-csv", "openai-costs-csv", "generic-csv",
] as const;
export type BillKind = (typeof BILL_KINDS)[number];

/** Lines that were counted over one stretch of time under one set of what the bill tells apart. */
export interface BillEntry {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Everything but figures, so that the same usage in two files is found. */
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
  /** Stretches that the part is about though nothing may have been charged in them. */
  spans: readonly { from: number; to: number }[];
}
