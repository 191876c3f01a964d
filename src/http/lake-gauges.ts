import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { type PricingOf, withoutPrices } from "../lake/days/day-pricing.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type HealthReading, type InstanceFigures, type LakeFigures, readLakeFigures } from "./lake-figures.ts";
import type { KnownVerification } from "../run/last-verification.ts";
import { shareRun, waitFor } from "./share-run.ts";
import type { Clock } from "../ledger/clock.ts";

const KEPT_MS = 60_000;
/** Below the ten seconds after which Prometheus gives up. A slower reading is shown at the next scrape. */
const WAIT_SECONDS = 5;

type Show = (figures: InstanceFigures, now: Date) => number | undefined;

/** One series per gateway, the same from every worker. */
const GAUGES: readonly { name: string; help: string; show: Show }[] = [
  { name: "exports_ingested", help: "Exports in the ledger.", show: ({ exports }) => exports },
  { name: "exports_damaged", help: "Exports that could not be read to their end; records after the damage are not counted anywhere.", show: ({ damaged }) => damaged },
  { name: "records_accepted", help: "Records in the ledger, duplicates included.", show: ({ accepted }) => accepted },
  { name: "records_quarantined", help: "Records that were turned away; they are in no table.", show: ({ quarantined }) => quarantined },
  { name: "unpriced_requests", help: "Requests in the built days with tokens and no price: no sum of dollars has them.", show: ({ unpriced }) => unpriced },
  { name: "days_fresh", help: "Days whose tables are up to date.", show: ({ daysFresh }) => daysFresh },
  { name: "days_stale", help: "Days that the next run builds again; reports may lack the newest requests.", show: ({ daysStale }) => daysStale },
  {
    name: "newest_export_age_seconds",
    help: "Age of the newest export in the ledger: how far the ledger is behind the gateway.",
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
    help: "Age of the archive's newest digest: more than two days mean that sealing stopped. Missing before the first digest.",
    show: ({ newestDigest }, now) => (newestDigest === undefined ? undefined : Math.max(0, now.getTime() - newestDigest) / 1000),
  },
  { name: "archive_exports_unsealed", help: "Exports that arrived after the newest digest; the next digest lists them.", show: ({ unsealed }) => unsealed },
];

interface LakeParts {
  lake: ObjectStore;
  archive?: ObjectStore;
  openPricing?: () => Promise<PricingOf>;
  health?: HealthReading;
  findVerification?: () => Promise<KnownVerification | null>;
  clock: Clock;
  log?: Logger;
}

/** Gauges of the lake, read at most once a minute. If a reading fails, the last one is shown. */
export class LakeGauges {
  readonly #gauges: readonly { gauge: Gauge<"instance">; show: Show }[];
  readonly #failed: Gauge;
  readonly #readAt: Gauge;
  readonly #health: Gauge<"kind" | "instance">;
  readonly #verifiedAt: Gauge;
  readonly #verifiedFindings: Gauge;
  readonly #gateways: readonly string[];
  readonly #clock: Clock;
  readonly #read: () => Promise<void>;
  #last: { at: number; figures: LakeFigures; verification: KnownVerification | null } | undefined;

  constructor(registry: Registry, { lake, archive, openPricing, health, findVerification, clock, log }: LakeParts) {
    const registers = [registry];
    this.#gauges = GAUGES.map(({ name, help, show }) => ({
      gauge: new Gauge({ name: `aperture_ledger_${name}`, help, labelNames: ["instance"], registers }),
      show,
    }));
    this.#failed = new Gauge({
      name: "aperture_ledger_state_read_failed",
      help: "1 if the last reading of the lake failed: its figures are then from aperture_ledger_state_read_timestamp_seconds.",
      registers,
    });
    this.#readAt = new Gauge({
      name: "aperture_ledger_state_read_timestamp_seconds",
      help: "When the lake was last read, in seconds since 1970; 0 before the first time.",
      registers,
    });
    this.#health = new Gauge({
      name: "aperture_ledger_health",
      help: "1 while the ledger has a condition of this kind, otherwise 0. no_capture, verify_failed and quota_drift are as last reported.",
      labelNames: ["kind", "instance"],
      registers,
    });
    this.#verifiedAt = new Gauge({
      name: "aperture_ledger_archive_verified_timestamp_seconds",
      help: "When the archive was last verified, as its chain records or the lake notes, in seconds since 1970; missing before the first time.",
      registers,
    });
    this.#verifiedFindings = new Gauge({
      name: "aperture_ledger_archive_verification_findings",
      help: "Findings of the last verification of the archive; missing before the first.",
      registers,
    });
    this.#gateways = health?.gateways ?? [];
    this.#clock = clock;
    this.#read = shareRun(async () => {
      try {
        const pricingOf = (await openPricing?.()) ?? withoutPrices;
        const now = clock();
        const figures = await readLakeFigures(lake, archive, pricingOf, health === undefined ? undefined : { reading: health, now });
        const verification = (await findVerification?.()) ?? null;
        this.#last = { figures, verification, at: now.getTime() };
        this.#failed.set(0);
      } catch (error) {
        log?.warn({ err: error }, "the lake's state cannot be read");
        this.#failed.set(1);
      }
    });
  }

  /** Waits a few seconds at most; a longer reading goes on in the background. */
  async refresh(): Promise<void> {
    const now = this.#clock();
    if (this.#last === undefined || now.getTime() - this.#last.at >= KEPT_MS) {
      await waitFor(this.#read(), WAIT_SECONDS, "the lake").catch(() => undefined);
    }
    this.#show(now);
  }

  #show(now: Date): void {
    this.#readAt.set((this.#last?.at ?? 0) / 1000);
    this.#showVerification(this.#last?.verification ?? null);
    this.#health.reset();
    for (const [kind, subjects] of this.#last?.figures.health ?? []) {
      for (const instance of new Set([...this.#gateways, ...subjects])) this.#health.set({ kind, instance }, subjects.has(instance) ? 1 : 0);
    }
    for (const { gauge, show } of this.#gauges) {
      gauge.reset();
      for (const [instance, figures] of this.#last?.figures.instances ?? []) {
        const value = show(figures, now);
        if (value !== undefined) gauge.set({ instance }, value);
      }
    }
  }

  #showVerification(verification: KnownVerification | null): void {
    // A gauge without labels that is reset would show 0.
    for (const gauge of [this.#verifiedAt, this.#verifiedFindings]) gauge.remove();
    if (verification === null) return;
    this.#verifiedAt.set(Date.parse(verification.checked_at) / 1000);
    this.#verifiedFindings.set(verification.findings);
  }
}
