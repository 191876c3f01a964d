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
 * What a usage has to be, by name of the property: a pattern, or several of which one has to match; null where it must
 * not have that dimension. `teams` is `none`, `several`, or teams that the caller is in all of.
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
  /** Written names of values, of which the first that matches decides. */
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

/** The policy as it was from the first moment of `date` on. */
interface DatedPolicy {
  date: string;
  policy: TailnetPolicy;
}

/** What providers invoiced for a month, by model: its owners owe just that, in proportion to what they owe without it. */
export interface TrueUp {
  /** `YYYY-MM` */
  month: string;
  amounts: readonly { provider: string; model: string; invoice: Nanodollars }[];
}

/** The pseudonym that stands for a login (in small letters) since it was erased; undefined for all others. */
export type PseudonymOf = (login: string) => string | undefined;

/** Everything that says who pays. */
export interface AllocationSettings {
  /** IANA name: in which days begin. */
  timezone: string;
  teams: readonly TeamSettings[];
  ignoredGroups: readonly string[];
  several: "primary" | "even" | "unallocated";
  rules: readonly RuleSettings[];
  pools: readonly PoolSettings[];
  adjustments: readonly AdjustmentSettings[];
  /** In order of date; before the first its own is in force. */
  policies: readonly DatedPolicy[];
  /** Of whole months; none without it. */
  trueUps?: readonly TrueUp[] | undefined;
  /** How it is reckoned: of a closed month as it was when it was closed. As of now where it is not given. */
  version?: AllocationVersion | undefined;
  /** Where callers were erased. Asked when settings are applied, and written down nowhere: login and pseudonym side by side would undo it. */
  pseudonymOf?: PseudonymOf | undefined;
}

