import type { Nanodollars } from "../../money.ts";

/** What a replay needs to know of a recorded request. Times are microseconds since 1970. */
export interface QuotaRequest {
  /** When it came. */
  at: bigint;
  /** When its answer was complete, and its cost known; `at` where the duration was not recorded. */
  answeredAt: bigint;
  instance: string;
  /** Login in lower case, or tags joined by commas. */
  caller: string;
  tags: readonly string[];
  nodeId: string | null;
  provider: string;
  modelRecorded: string;
  statusCode: number;
  cost: Nanodollars | null;
}

/** `let through`: also where it failed later. `rejected`: for an empty bucket. `refused`: before any bucket was asked. */
export type QuotaOutcome = "let through" | "rejected" | "refused";

const OUTCOMES: ReadonlyMap<number, QuotaOutcome> = new Map([
  [429, "rejected"],
  [401, "refused"],
  [403, "refused"],
  // What the gateway answers where no grant is for the model, or no provider serves it.
  [404, "refused"],
]);

/** What the buckets did with a request, by its answer. */
export function outcomeOf({ statusCode }: Pick<QuotaRequest, "statusCode">): QuotaOutcome {
  return OUTCOMES.get(statusCode) ?? "let through";
}

export interface IdentifiedRequest extends QuotaRequest {
  captureId: string | null;
  recordId: bigint | null;
}

/** Time, then what tells records apart: so the order in which records arrived does not matter. */
export function compareRequests(a: IdentifiedRequest, b: IdentifiedRequest): number {
  return order(a.at, b.at) || order(a.instance, b.instance) || order(a.captureId ?? "", b.captureId ?? "") || order(a.recordId ?? 0n, b.recordId ?? 0n);
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
