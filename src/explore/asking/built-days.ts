import pMap from "p-map";
import { type DayManifest, dayManifest } from "../../lake/days/day-manifest.ts";
import { readDerived } from "../../lake/json-object.ts";
import { DAY_MANIFESTS } from "../../lake/layout.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { addDays, daysBetween, startOfDay } from "../../ledger/days.ts";
import { utcDate } from "../../ledger/months.ts";
import { ascending } from "../../ledger/orders.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { DaySpan } from "../question/question.ts";
import { boundsOf, daysOf } from "./sql-day.ts";

/** What a question needs to know about a day of a gateway. */
export interface BuiltDay extends Pick<DayManifest, "date" | "instance" | "usage" | "rollups"> {
  /** Time of the newest export in it; undefined where its manifest names none. */
  newestExport: string | undefined;
}

/** Which days of a span have usage. */
export interface Coverage {
  /** Days up to today on which a gateway has no usage, by gateway; without gateways that have usage on every day. */
  missing: readonly { instance: string; days: readonly string[] }[];
  /** Days of the span up to today. */
  days: number;
  /** Days on which any gateway has usage. */
  daysWithUsage: number;
  /** Time of the newest export with requests of the span. */
  newestExport: Date | undefined;
}

/** Reads the manifests of days, and reads a manifest again only after it changed. */
export class BuiltDays {
  readonly #lake: ObjectStore;
  #known = new Map<string, { etag: string; day: BuiltDay | undefined }>();

  constructor(lake: ObjectStore) {
    this.#lake = lake;
  }

  /** The days of all gateways on these dates, by date. A manifest that cannot be read counts as missing. */
  async list(dates: ReadonlySet<string>): Promise<BuiltDay[]> {
    const found = new Map<string, { etag: string; day: BuiltDay | undefined }>();
    for (const month of new Set([...dates].sort().map((date) => date.slice(0, 7)))) {
      const entries = [];
      for await (const entry of this.#lake.list(`${DAY_MANIFESTS}${month}`)) entries.push(entry);
      await pMap(entries.filter(({ key }) => isOneOf(key, dates)), async ({ key, etag }) => {
        const known = this.#known.get(key);
        found.set(key, known?.etag === etag ? known : { etag, day: await this.#read(key) });
      }, { concurrency: READS_AT_ONCE });
    }
    // Those of the last question, and of the local copies, are enough: the next one is mostly about the same days.
    this.#known = found;
    return [...found].sort(([a], [b]) => ascending(a, b)).flatMap(([, { day }]) => day ?? []);
  }

  async #read(key: string): Promise<BuiltDay | undefined> {
    const manifest = await readDerived(this.#lake, key, dayManifest);
    if (manifest === undefined) return undefined;
    const { date, instance, usage, rollups, inputs } = manifest;
    return { date, instance, usage, rollups, newestExport: inputs.map((input) => input.export.time).sort().at(-1) };
  }
}

function isOneOf(key: string, dates: ReadonlySet<string>): boolean {
  return dates.has(key.slice(DAY_MANIFESTS.length, DAY_MANIFESTS.length + "YYYY-MM-DD".length)) && key.endsWith(".json");
}

/** The UTC dates that have an instant of the span. */
export function utcDatesOf(span: DaySpan, timezone: string): Set<string> {
  const { from, to } = boundsOf(span, timezone);
  return new Set(daysBetween(utcDate(from), addDays(utcDate(new Date(to.getTime() - 1)), 1)));
}

/** Compares the days of a span with those that are built. A day counts where the UTC date of its noon has usage. @param today `YYYY-MM-DD` in the time zone */
export function describeCoverage(built: readonly BuiltDay[], span: DaySpan, { timezone, today }: { timezone: string; today: string }): Coverage {
  const days = daysOf(span).filter((day) => day <= today);
  const dates = new Map(days.map((day) => [day, utcDate(new Date(startOfDay(day, timezone).getTime() + DAY_MS / 2))]));
  const byInstance = new Map([...Map.groupBy(built, ({ instance }) => instance)].sort(([a], [b]) => ascending(a, b)).map(([instance, own]) => [instance, new Set(own.map(({ date }) => date))]));
  const has = (own: ReadonlySet<string>, day: string): boolean => own.has(dates.get(day) ?? "");
  const newest = built.flatMap(({ newestExport }) => newestExport ?? []).sort().at(-1);
  return {
    missing: [...byInstance].map(([instance, own]) => ({ instance, days: days.filter((day) => !has(own, day)) })).filter(({ days: lacking }) => lacking.length > 0),
    days: days.length,
    daysWithUsage: days.filter((day) => [...byInstance.values()].some((own) => has(own, day))).length,
    newestExport: newest === undefined ? undefined : new Date(newest),
  };
}
