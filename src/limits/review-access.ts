import type { ObjectStore } from "../storage/object-store.ts";
import { join } from "node:path";
import { DAY_MS } from "../ledger/durations.ts";
import { type Month, monthEmpty, utcDate, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type AccessReview, reviewAccess } from "./access/access-review.ts";
import { type CollectedUses, UseCollector } from "./access/collect-uses.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { AccessGrant } from "../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../ledger/gateway/tailnet-policy.ts";
import { STATUS_CLASS } from "../ledger/usage/status-class.ts";
import type { Progress } from "../open/ledger.ts";

/** The current grants. */
export interface CurrentAccess {
  /** Gateways of the configuration; gateways that only the lake knows are reviewed too. */
  instances: readonly string[];
  /** Undefined for a gateway with an unknown configuration. */
  accessOf: (instance: string) => { grants: readonly AccessGrant[] } | undefined;
  tailnetGrants: readonly AccessGrant[];
  policy: TailnetPolicy | null;
}

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
}

/** The data of one gateway in the review. */
export interface GatewayLook {
  instance: string;
  /** Grants of its own configuration; null where that is unknown. */
  grants: number | null;
  /** First date with usage in the ledger; null: there is no usage. */
  knownFrom: string | null;
  /** Examined dates since then without usage. */
  daysWithout: number;
}

/**
 * Compares current grants with the usage of a month. Whether a grant is unused is judged at the month's end, or now for the current month;
 * use after the month counts as use.
 * Throws `month_empty` where the month has no usage.
 */
export async function reviewMonth(lake: ObjectStore, current: CurrentAccess, { month, unusedDays, now }: ReviewedPeriod, progress: Progress): Promise<MonthReview> {
  const days = [...(await loadLedgerState(lake)).days.values()].sort((a, b) => (a.date < b.date ? -1 : 1));
  const dates = new Set(utcDates(month));
  if (!days.some(({ date }) => dates.has(date))) throw monthEmpty(month, lake);

  const end = new Date(Math.min(month.to.getTime(), now.getTime()));
  const unusedSince = new Date(end.getTime() - unusedDays * DAY_MS);
  const from = utcDate(new Date(Math.min(unusedSince.getTime(), month.from.getTime())));
  const wanted = days.filter(({ date }) => date >= from);
  const { used, attempts } = await collectUses(lake, wanted, month, progress);
  const access = new Map(current.instances.flatMap((instance) => entryOf(instance, current.accessOf(instance))));
  const instances = [...new Set([...current.instances, ...wanted.map(({ instance }) => instance)])].sort();
  const to = wanted.at(-1)?.date ?? from;
  return {
    ...reviewAccess({ access, tailnetGrants: current.tailnetGrants, policy: current.policy, used, attempts, unusedSince }),
    unusedSince,
    lookedAt: { from, to },
    gateways: instances.map((instance) => describeLook(instance, access.get(instance)?.grants.length ?? null, days, { from, to: utcDate(new Date(end.getTime() - 1)) })),
  };
}

function entryOf<Access>(instance: string, access: Access | undefined): [string, Access][] {
  return access === undefined ? [] : [[instance, access]];
}

/** Only one day's table is on the disk at a time. */
async function collectUses(lake: ObjectStore, days: readonly DayManifest[], month: Month, progress: Progress): Promise<CollectedUses> {
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const collector = await UseCollector.open(duck, STATUS_CLASS, month);
      progress.begin("days", days.length);
      for (const { usage } of days) {
        const file = join(workspace, "usage.parquet");
        await downloadWritten(lake, usage, file);
        await collector.look(file);
        progress.step();
      }
      return await collector.list();
    }),
  );
}

function describeLook(instance: string, grants: number | null, days: readonly DayManifest[], { from, to }: { from: string; to: string }): GatewayLook {
  const own = days.filter((day) => day.instance === instance).map(({ date }) => date);
  const knownFrom = own[0] ?? null;
  if (knownFrom === null) return { instance, grants, knownFrom, daysWithout: 0 };
  const first = knownFrom > from ? knownFrom : from;
  const looked = Math.max(0, (Date.parse(to) - Date.parse(first)) / DAY_MS + 1);
  return { instance, grants, knownFrom, daysWithout: looked - own.filter((date) => date >= first && date <= to).length };
}
