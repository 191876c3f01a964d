import type { HookedRequest } from "../../aperture/hooks/read-hook.ts";
import type { Nanodollars } from "../../ledger/money.ts";

/** A request as a hook reported it. Hooks carry no time: the arrival counts. */
export interface ArrivedRequest extends HookedRequest {
  /** Name of the gateway. */
  instance: string;
  at: Date;
}

/** The sum of the requests with the same properties that arrived in the same minute. */
export interface LiveSum {
  instance: string;
  login: string | null;
  provider: string | null;
  model: string;
  /** Start of the minute. */
  minute: Date;
  /** Number of requests, each counted once, however often hooks reported it. */
  requests: number;
  /** Number of requests without an estimate. */
  unpriced: number;
  cost: Nanodollars;
}

/** A request that hooks reported. */
export interface SeenRequest {
  instance: string;
  requestId: string;
  /** Start of the minute in which it arrived first. */
  minute: Date;
}

export interface LiveSums {
  /** The arrival of the first hook that is still counted. Nothing is known about earlier requests. Null if there is no such hook. */
  since: Date | null;
  sums: LiveSum[];
}

/**
 * Requests that hooks reported, each once: by gateway and request id, with its highest estimate. So neither order nor repetition changes a sum.
 * Losing them does no harm, since exports bring the same requests.
 */
export interface LiveRequests {
  add(arrived: readonly ArrivedRequest[]): Promise<void>;
  /** The sums of the minutes from the one that contains `from` on. */
  sumsFrom(from: Date): Promise<LiveSums>;
  /** All requests that are still stored, in any order. A request may occur twice. */
  seen(): AsyncIterable<SeenRequest>;
}

/** Requests are stored by the minute, since periods begin on a full minute in every time zone. */
export function startOfMinute(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 60_000) * 60_000);
}
