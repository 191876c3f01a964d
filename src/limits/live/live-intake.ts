import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { messageOf } from "../../ledger/errors.ts";
import type { ArrivedRequest, LiveRequests } from "./live-requests.ts";

export interface IntakeLimits {
  /** The most requests that wait. While they cannot be stored, further requests are dropped. */
  waiting: number;
  /** The most requests that one call stores. */
  batch: number;
  /** Pause in which requests are gathered for a call. */
  gatherMs: number;
  /** Pause after a call that failed. */
  retryMs: number;
  /** How long `close` waits for requests that are not stored yet. */
  closingMs: number;
}

const INTAKE_LIMITS: IntakeLimits = { waiting: 20_000, batch: 200, gatherMs: 20, retryMs: 1000, closingMs: 2000 };

/**
 * Accepts requests at once, and stores them in batches. A failed call is repeated, which does no harm, since each request counts once.
 */
export class LiveIntake {
  readonly #requests: LiveRequests;
  readonly #log: Logger;
  readonly #limits: IntakeLimits;
  readonly #stop = new AbortController();
  #waiting: ArrivedRequest[] = [];
  #sending: Promise<void> | undefined;
  #kept = 0;
  #dropped = 0;

  constructor(requests: LiveRequests, log: Logger, limits: Partial<IntakeLimits> = {}) {
    this.#requests = requests;
    this.#log = log;
    this.#limits = { ...INTAKE_LIMITS, ...limits };
  }

  /** Number of requests stored since the start, including repeated requests. */
  get kept(): number {
    return this.#kept;
  }

  /** False if the request is dropped, because too many wait. */
  add(arrived: ArrivedRequest): boolean {
    if (this.#waiting.length >= this.#limits.waiting) {
      this.#dropped++;
      return false;
    }
    this.#waiting.push(arrived);
    this.#sending ??= this.#keepAll();
    return true;
  }

  /** Stores the waiting requests, as far as that takes little time: a call that is under way when Redis goes away ends only when Redis is back. */
  async close(): Promise<void> {
    await Promise.race([this.#sending, delay(this.#limits.closingMs, undefined, { ref: false })]);
    this.#stop.abort();
  }

  /** Stores batches until no request waits. Never fails. */
  async #keepAll(): Promise<void> {
    await delay(this.#limits.gatherMs);
    let isFailing = false;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#waiting.slice(0, this.#limits.batch);
      try {
        await this.#requests.add(batch);
        this.#waiting = this.#waiting.slice(batch.length);
        this.#kept += batch.length;
        if (isFailing) this.#log.info({ dropped: this.#dropped }, "live requests are stored again");
        isFailing = false;
      } catch (error) {
        if (!isFailing) this.#log.warn({ reason: messageOf(error) }, "live requests cannot be stored; trying again. The live estimate may lack some of them; nothing else is lost");
        isFailing = true;
        await delay(this.#limits.retryMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
    this.#sending = undefined;
  }
}
