import { configSchema } from "../../src/config/config.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { NOTHING } from "./model/sums.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { allocateUsages, type SlotUsage } from "./split-usages.ts";
import { mapOf } from "../map-of.ts";

/** Sections of a configuration as somebody writes them, and policies by the day from which they were so. */
export interface Written {
  timezone?: string;
  dimensions?: Record<string, string>;
  directory?: Record<string, unknown>;
  allocation?: Record<string, unknown>;
  charges?: readonly Record<string, unknown>[];
  policies?: Record<string, { groups?: Record<string, string[]>; tagOwners?: Record<string, string[]> }>;
}

export function settingsOf({ policies = {}, ...sections }: Written): AllocationSettings {
  const config = configSchema.parse({ dimensions: { repo: "X-Github-Repository" }, ...sections });
  const snapshots = Object.entries(policies).map(([date, { groups = {}, tagOwners = {} }]) => ({ date, groups: mapOf(groups), tagOwners: mapOf(tagOwners) }));
  return allocationSettings(config, snapshots);
}

export interface Spent {
  /** A login, or tags joined by commas. */
  by: string;
  /** ISO 8601; noon of 2026-10-05 UTC. */
  at?: string;
  /** Nanodollars; null for what has no price. A billion. */
  cost?: bigint | null;
  of?: Partial<UsageKey>;
}

export function usageOf({ by, at = "2026-10-05T12:00:00Z", cost = 1_000_000_000n, of = {} }: Spent): SlotUsage {
  const isTag = by.startsWith("tag:");
  const key: UsageKey = {
    instance: "prod",
    caller: by,
    callerType: isTag ? "tag" : "user",
    tags: isTag ? by.split(",") : [],
    provider: "anthropic",
    model: "claude-opus-4-8",
    billing: "metered",
    dimensions: {},
    ...of,
  };
  const counts = NOTHING.counts.map((_, index) => (index === 0 ? 1_000_000_000n : 0n));
  return { key, at: Date.parse(at), sums: { cost, counts } };
}

/** Everything of October 2026: `team (method, rule): dollars`, in order; a tag behind the team where the usage has any. */
export function whoPays(written: Written, ...spent: Spent[]): string[] {
  const settings = settingsOf(written);
  const { allocated } = allocateUsages(settings, boundMonth("2026-10", settings.timezone), spent.map(usageOf));
  return allocated
    .map(({ team, tag, method, rule, base, sums: { cost } }) => {
      const how = base === null ? `${method}, ${rule}` : `${method}, ${rule}, ${base}`;
      return `${team}${tag === "(untagged)" ? "" : ` ${tag}`} (${how}): ${cost === null ? "not priced" : formatDollars(cost)}`;
    })
    .toSorted();
}
