import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { type PricingOf, withoutPrices } from "../lake/days/day-pricing.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type InstanceFigures, readLakeFigures } from "./lake-figures.ts";
import { shareRun, waitFor } from "./share-run.ts";

const KEPT_MS = 60_000;
/** Below the ten seconds that Prometheus gives an answer: a lake that takes longer is told of at the next question. */
const WAIT_SECONDS = 5;

type Show = (figures: InstanceFigures, now: Date) => number | undefined;

/** One series a gateway, the same from every worker. */
const GAUGES: readonly { name: string; help: string; show: Show }[] = [
  { name: "exports_ingested", help: "Exports in the ledger.", show: ({ exports }) => exports },
  { name: "exports_damaged", help: "Exports that could not be read to their end: what follows the damage is in no figure.", show: ({ damaged }) => damaged },
  { name: "records_accepted", help: "Records in the ledger, duplicates among them.", show: ({ accepted }) => accepted },
  { name: "records_quarantined", help: "Records that were turned away and are in no table.", show: ({ quarantined }) => quarantined },
  { name: "days_fresh", help: "Days whose tables are what their inputs make.", show: ({ daysFresh }) => daysFresh },
  { name: "days_stale", help: "Days that the next run builds again: reports may lack what came since.", show: ({ daysStale }) => daysStale },
  {
    name: "newest_export_age_seconds",
    help: "Since the time of the newest export in the ledger: how far behind the gateway it is.",
    show: ({ newestExport }, now) => (Number.isFinite(newestExport) ? Math.max(0, now.getTime() - newestExport) / 1000 : undefined),
  },
  {
    name: "spend_today_usd",
    help:
      "US dollars of requests of the UTC day so far, for dashboards and not for books: only exports whose day is built count, " +
      "requests without a price count nothing, and list values of the callers' own subscriptions and keys count in full.",
    show: ({ spend }, now) => spend.get(now.toISOString().slice(0, 10)) ?? 0,
  },
  { name: "archive_bytes", help: "Bytes of the copies of exports in the archive.", show: ({ archiveBytes }) => archiveBytes },
  {
    name: "archive_digest_age_seconds",
    help: "Since the newest digest of the archive was written: more than two days say that sealing stopped. Not told before the first.",
    show: ({ newestDigest }, now) => (newestDigest === undefined ? undefined : Math.max(0, now.getTime() - newestDigest) / 1000),
  },
  { name: "archive_exports_unsealed", help: "Exports that arrived since the newest digest, which the next one lists.", show: ({ unsealed }) => unsealed },
];

interface LakeParts {
  lake: ObjectStore;
  archive?: ObjectStore;
  openPricing?: () => Promise<PricingOf>;
  clock: () => Date;
  log?: Logger;
}

/** What the lake holds, read once a minute at most. A reading that fails leaves the last one standing. */
export class LakeGauges {
  readonly #gauges: readonly { gauge: Gauge<"instance">; show: Show }[];
  readonly #failed: Gauge;
  readonly #readAt: Gauge;
  readonly #clock: () => Date;
  readonly #read: () => Promise<void>;
  #last: { at: number; figures: ReadonlyMap<string, InstanceFigures> } | undefined;

  constructor(registry: Registry, { lake, archive, openPricing, clock, log }: LakeParts) {
    const registers = [registry];
    this.#gauges = GAUGES.map(({ name, help, show }) => ({
      gauge: new Gauge({ name: `aperture_ledger_${name}`, help, labelNames: ["instance"], registers }),
      show,
    }));
    this.#failed = new Gauge({
      name: "aperture_ledger_state_read_failed",
      help: "1 when the last reading of the lake failed: what is told of it is as old as aperture_ledger_state_read_timestamp_seconds says.",
      registers,
    });
    this.#readAt = new Gauge({
      name: "aperture_ledger_state_read_timestamp_seconds",
      help: "When the lake was last read, in seconds since 1970; 0 before the first time.",
      registers,
    });
    this.#clock = clock;
    this.#read = shareRun(async () => {
      try {
        const pricingOf = (await openPricing?.()) ?? withoutPrices;
        this.#last = { figures: await readLakeFigures(lake, archive, pricingOf), at: clock().getTime() };
        this.#failed.set(0);
      } catch (error) {
        log?.warn({ err: error }, "the lake's state cannot be read");
        this.#failed.set(1);
      }
    });
  }

  /** Waits a few seconds at most; a reading that takes longer goes on. */
  async refresh(): Promise<void> {
    const now = this.#clock();
    if (this.#last === undefined || now.getTime() - this.#last.at >= KEPT_MS) {
      await waitFor(this.#read(), WAIT_SECONDS, "the lake").catch(() => undefined);
    }
    this.#show(now);
  }

  #show(now: Date): void {
    this.#readAt.set((this.#last?.at ?? 0) / 1000);
    for (const { gauge, show } of this.#gauges) {
      gauge.reset();
      for (const [instance, figures] of this.#last?.figures ?? []) {
        const value = show(figures, now);
        if (value !== undefined) gauge.set({ instance }, value);
      }
    }
  }
}
