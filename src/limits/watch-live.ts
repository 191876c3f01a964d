import { loadLedgerState } from "../lake/ledger-state.ts";
import { layout } from "../lake/layout.ts";
import type { Clock } from "../ledger/clock.ts";
import { MINUTE_MS } from "../ledger/durations.ts";
import type { Ledger } from "../open/ledger.ts";
import type { Alert } from "./alerts/alert.ts";
import { replaceErased, replaceInAlert } from "./alerts/erase-names.ts";
import { sendAlerts, type SentAlerts } from "./delivering/send-alerts.ts";
import { estimateLive, type LiveBase, type LiveSource, readLiveBase } from "./estimate-live.ts";
import { provisionalAlerts, thresholdNames } from "./live/live-alerts.ts";
import { isEstimate, type LiveEstimate, type NoEstimate } from "./live/live-estimate.ts";

/** How often the ledger's figures are read again. They change when days are built. */
const BASE_MS = 5 * MINUTE_MS;

interface KnownBase extends LiveBase {
  ledger: Ledger;
  readAt: Date;
}

/** Watches the budgets between the ledger's own evaluations, with the requests that hooks report. */
export class LiveWatch {
  readonly #openLedger: () => Promise<Ledger>;
  readonly #source: LiveSource;
  readonly #clock: Clock;
  /** Keys of alerts that are known to exist, so that the lake need not be read again. */
  readonly #told = new Set<string>();
  #base: KnownBase | undefined;

  constructor(openLedger: () => Promise<Ledger>, source: LiveSource, clock: Clock) {
    this.#openLedger = openLedger;
    this.#source = source;
    this.#clock = clock;
  }

  /** The live estimate of each budget in force. Throws where lake or live requests cannot be read. */
  async look(): Promise<(LiveEstimate | NoEstimate)[]> {
    const now = this.#clock();
    return await estimateLive(await this.#readBase(now), this.#source, now);
  }

  /** Raises a provisional alert for each threshold that an estimate reaches, once; undefined where there is nothing new to raise. */
  async check(): Promise<SentAlerts | undefined> {
    const estimates = await this.look();
    const { ledger } = await this.#readBase(this.#clock());
    const { rules: { allocation: { pseudonymOf } }, stores: { lake }, telling: { alerting: { notifying, tools } } } = ledger;
    const replace = pseudonymOf === undefined ? undefined : replaceErased(pseudonymOf);
    const fresh: Alert[] = [];
    for (const alert of estimates.filter(isEstimate).flatMap(provisionalAlerts)) {
      const named = replace === undefined ? alert : replaceInAlert(alert, replace);
      if (await this.#isNew(named, lake)) fresh.push(named);
    }
    return fresh.length === 0 ? undefined : await sendAlerts(ledger, fresh, notifying, tools);
  }

  /** Whether an alert was neither raised before nor raised by the ledger itself. */
  async #isNew(alert: Alert, lake: Ledger["stores"]["lake"]): Promise<boolean> {
    const key = layout.alert(alert);
    if (this.#told.has(key)) return false;
    const ofLedger = layout.alert({ ...alert, threshold: thresholdNames.ofLive(alert.threshold) ?? alert.threshold });
    const known = await Promise.all([key, ofLedger].map((one) => lake.head(one)));
    const isKnown = known.some((head) => head !== undefined);
    if (isKnown) this.#told.add(key);
    return !isKnown;
  }

  async #readBase(now: Date): Promise<KnownBase> {
    const known = this.#base;
    if (known !== undefined && now.getTime() - known.readAt.getTime() < BASE_MS && known.states.every(({ period }) => now < period.to)) return known;
    const ledger = await this.#openLedger();
    const base = { ...(await readLiveBase(ledger, [...(await loadLedgerState(ledger.stores.lake)).days.values()], now)), ledger, readAt: now };
    this.#base = base;
    return base;
  }
}
