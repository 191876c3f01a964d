import type { ObjectStore } from "../storage/object-store.ts";
import { join } from "node:path";
import { DAY_MS } from "../ledger/durations.ts";
import { type Month, monthEmpty, utcDate, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { type DoubtfulDays, usageAsClosed, usageNow, type UsageSource } from "../chargeback/closing/usage-as-closed.ts";
import type { CloseRecord } from "../lake/records/close-record.ts";
import type { PriceSources } from "../prices/list/price-days.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type AccessReview, reviewAccess } from "./access/access-review.ts";
import { type CollectedUses, UseCollector } from "./access/collect-uses.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { AccessGrant } from "../ledger/gateway/gateway-access.ts";
import type { GatewayProviders } from "../ledger/gateway/gateway-providers.ts";
import type { TailnetPolicy } from "../ledger/gateway/tailnet-policy.ts";
import { ACCESS_CLASS } from "./access/access-use.ts";
import type { Progress } from "../open/ledger.ts";

/** The version of grants that a review is judged by. */
export interface JudgedVersion {
  /** SHA-256 of the part that the ledger keeps. */
  sha256: string;
  /** Time or date of the snapshot in the lake with the same content; null: the lake has no such snapshot. */
  keptSince: string | null;
}

/** What one gateway grants. */
export interface JudgedGateway {
  grants: readonly AccessGrant[];
  providers?: GatewayProviders | undefined;
  version?: JudgedVersion | undefined;
}

/** The grants at a given time. */
export interface GrantedAccess {
  /** The close that the grants are from; null: grants in force now. */
  close: CloseRecord | null;
  /** Maps an erased caller to the pseudonym, since the records of a close keep logins. */
  pseudonymOf?: ((login: string) => string | undefined) | undefined;
  /** Gateways of the configuration; gateways that only the lake knows are reviewed too. */
  instances: readonly string[];
  /** Undefined for a gateway with an unknown configuration. */
  accessOf: (instance: string) => JudgedGateway | undefined;
  tailnetGrants: readonly AccessGrant[];
  policy: TailnetPolicy | null;
  policyVersion?: JudgedVersion | undefined;
}

/** Prices have no effect here. */
const NO_PRICES: PriceSources = { list: [], gateways: new Map() };

export interface ReviewedPeriod {
  month: Month;
  unusedDays: number;
  now: Date;
}

export interface MonthReview extends AccessReview {
  /** Grants that nobody used since then count as unused. */
  unusedSince: Date;
  /** First and last examined UTC date, `YYYY-MM-DD`. */
  lookedAt: { from: string; to: string };
  gateways: GatewayLook[];
  /** Days of a closed month whose records at the close are not known; empty where the month is reviewed as it is now. */
  doubtful: DoubtfulDays;
}

/** The data of one gateway in the review. */
export interface GatewayLook {
  instance: string;
  /** Grants of its own configuration; null where that is unknown. */
  grants: number | null;
  version: JudgedVersion | null;
  /** First date with usage in the ledger; null: there is no usage. */
  knownFrom: string | null;
  /** Examined dates since then without usage. */
  daysWithout: number;
}

/**
 * Compares grants with the usage of a month. For a closed month both are as they were at the close. A grant is judged as unused at the month's end,
 * or now for the current month; use after the month counts as use.
 * Throws `month_empty` where the month has no usage.
 */
export async function reviewMonth(lake: ObjectStore, current: GrantedAccess, { month, unusedDays, now }: ReviewedPeriod, progress: Progress): Promise<MonthReview> {
  const rename = <Use extends { caller: string }>(use: Use): Use => ({ ...use, caller: current.pseudonymOf?.(use.caller) ?? use.caller });
  const days = [...(await loadLedgerState(lake)).days.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
  const dates = new Set(utcDates(month));
  if (!days.some(({ date }) => dates.has(date))) throw monthEmpty(month, lake);

  const end = new Date(Math.min(month.to.getTime(), now.getTime()));
  const unusedSince = new Date(end.getTime() - unusedDays * DAY_MS);
  const from = utcDate(new Date(Math.min(unusedSince.getTime(), month.from.getTime())));
  const wanted = days.filter(({ date }) => date >= from);
  const { sources, doubtful } = current.close === null ? { sources: usageNow(lake, wanted), doubtful: { rebuilt: [], asNow: [] } } : await usageAsClosed(lake, current.close, wanted, NO_PRICES);
  const collected = await collectUses(sources, month, progress);
  const [used, attempts] = [collected.used.map(rename), collected.attempts.map(rename)];
  const access = new Map(current.instances.flatMap((instance) => entryOf(instance, current.accessOf(instance))));
  const instances = [...new Set([...current.instances, ...wanted.map(({ instance }) => instance)])].sort();
  const to = wanted.at(-1)?.date ?? from;
  return {
    ...reviewAccess({ access, tailnetGrants: current.tailnetGrants, policy: current.policy, used, attempts, unusedSince }),
    unusedSince,
    doubtful,
    lookedAt: { from, to },
    gateways: instances.map((instance) => describeLook(instance, access.get(instance), days, { from, to: utcDate(new Date(end.getTime() - 1)) })),
  };
}

function entryOf<Access>(instance: string, access: Access | undefined): [string, Access][] {
  return access === undefined ? [] : [[instance, access]];
}

/** Only one day's table is on the disk at a time. */
async function collectUses(days: readonly UsageSource[], month: Month, progress: Progress): Promise<CollectedUses> {
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const collector = await UseCollector.open(duck, ACCESS_CLASS, month);
      progress.begin("days", days.length);
      for (const { fetch } of days) {
        const file = join(workspace, "usage.parquet");
        await fetch(file);
        await collector.look(file);
        progress.step();
      }
      return await collector.list();
    }),
  );
}

function describeLook(instance: string, judged: JudgedGateway | undefined, days: readonly DayManifest[], { from, to }: { from: string; to: string }): GatewayLook {
  const [grants, version] = [judged?.grants.length ?? null, judged?.version ?? null];
  const own = days.filter((day) => day.instance === instance).map(({ date }) => date);
  const knownFrom = own[0] ?? null;
  if (knownFrom === null) return { instance, grants, version, knownFrom, daysWithout: 0 };
  const first = knownFrom > from ? knownFrom : from;
  const looked = Math.max(0, (Date.parse(to) - Date.parse(first)) / DAY_MS + 1);
  return { instance, grants, version, knownFrom, daysWithout: looked - own.filter((date) => date >= first && date <= to).length };
}
