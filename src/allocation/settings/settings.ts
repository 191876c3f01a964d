import type { ChargeKind } from "../../ledger/charge-kinds.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import type { AllocationVersion } from "../shares/allocation-version.ts";

/** Days `YYYY-MM-DD`: from the first moment of `from` on and before the first moment of `until`. */
export interface Dated {
  from?: string | undefined;
  until?: string | undefined;
}

/** A login, `group:name`, `tag:name`, or a pattern of logins or tags. */
export type Membership = string | ({ member: string } & Dated);

export interface TeamSettings extends Dated {
  name: string;
  cost_center?: string | undefined;
  owner?: string | undefined;
  members: readonly Membership[];
}

/**
 * Conditions on a usage, by name of the property: a pattern, or several patterns, where one match is enough; null where the usage must not
 * have that dimension. `teams` is `none`, `several`, or a list of teams, and the caller must be in all of them.
 */
export type Condition = ReadonlyMap<string, string | readonly string[] | null>;

/** Parts by team, in any unit. */
export type Weights = ReadonlyMap<string, number>;

/** Exactly one of `team`, `by`, `primary`, `split` and `unallocated` is given. */
export interface RuleSettings extends Dated {
  name?: string | undefined;
  when: Condition;
  team?: string | undefined;
  by?: string | undefined;
  /** Written names of values; the first match decides. */
  teams?: ReadonlyMap<string, string> | undefined;
  primary?: true | readonly string[] | undefined;
  split?: "even" | Weights | undefined;
  unallocated?: true | undefined;
}

export interface PoolSettings extends Dated {
  name: string;
  when: Condition;
  spread: "even" | "proportional" | Weights;
  over?: readonly string[] | undefined;
}

export interface AdjustmentSettings extends Dated {
  name: string;
  when: Condition;
  percent: number;
}

/** What a provider charges for besides requests. Amounts are for a whole month, or for one day. */
export interface ChargeSettings extends Dated {
  name: string;
  kind: ChargeKind;
  provider: string;
  /** The price of one unit. */
  price: Nanodollars;
  /** Number of units, in thousandths; null: one for each person at a time. */
  quantity: bigint | null;
  /** The people who have a seat; null where usage decides who pays. */
  people: readonly Membership[] | null;
  /** The day of a one-time charge; null for a monthly charge. */
  on: string | null;
  /** The usage that it is for. */
  when: Condition;
  /** How much of that usage it pays for; `amount`: as much as the charge itself. */
  covers: "all" | "none" | "amount" | Nanodollars;
  spread: "even" | "proportional" | Weights;
}

/** The policy in force from the first moment of `date` on. */
interface DatedPolicy {
  date: string;
  policy: TailnetPolicy;
}

/** The providers' invoices for a month, by model: the month's owners owe exactly these amounts, in proportion to their cost. */
export interface TrueUp {
  /** `YYYY-MM` */
  month: string;
  amounts: readonly { provider: string; model: string; invoice: Nanodollars }[];
  /**
   * The other lines of the invoices. Where the provider has a configured charge of that name, the line sets what the charge costs; any other line is
   * for that usage.
   */
  charges?: readonly InvoicedCharge[] | undefined;
}

export interface InvoicedCharge {
  provider: string;
  name: string;
  invoice: Nanodollars;
  /** The usage that it is for. */
  when: Condition;
}

/** The pseudonym of an erased login (in lower case); undefined for all others. */
export type PseudonymOf = (login: string) => string | undefined;

/** All settings that decide who pays. */
export interface AllocationSettings {
  /** IANA name of the zone in which days begin. */
  timezone: string;
  teams: readonly TeamSettings[];
  ignoredGroups: readonly string[];
  several: "primary" | "even" | "unallocated";
  rules: readonly RuleSettings[];
  pools: readonly PoolSettings[];
  adjustments: readonly AdjustmentSettings[];
  /** None by default. */
  charges?: readonly ChargeSettings[] | undefined;
  /** In order of date; the first one also applies to the time before it. */
  policies: readonly DatedPolicy[];
  /** True-ups of whole months; none by default. */
  trueUps?: readonly TrueUp[] | undefined;
  /** The version of the calculation: for a closed month the version of its close; the current one by default. */
  version?: AllocationVersion | undefined;
  /** Maps erased logins to pseudonyms. It is used when settings are applied and never stored: storing both side by side would undo the erasure. */
  pseudonymOf?: PseudonymOf | undefined;
}
