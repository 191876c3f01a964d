import type { Nanodollars } from "../../ledger/money.ts";

/** The facts of a recorded request that a replay needs. Times are microseconds since 1970. */
export interface QuotaRequest {
  /** When it arrived. */
  at: bigint;
  /** When its answer was complete and its cost known; `at` where the duration was not recorded. */
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

/** `let through`: even if it failed later. `rejected`: the bucket was empty. `refused`: before any bucket was checked. */
export type QuotaOutcome = "let through" | "rejected" | "refused";

const OUTCOMES: ReadonlyMap<number, QuotaOutcome> = new Map([
  [429, "rejected"],
  [401, "refused"],
  [403, "refused"],
  // The gateway's answers where no grant covers the model, or no provider serves it.
  [404, "refused"],
]);

/** What the gateway decided about a request, by the status of its answer. */
export function outcomeOf({ statusCode }: Pick<QuotaRequest, "statusCode">): QuotaOutcome {
  return OUTCOMES.get(statusCode) ?? "let through";
}

export interface IdentifiedRequest extends QuotaRequest {
  captureId: string | null;
  recordId: bigint | null;
}

/** The order of `REQUEST_COLUMNS`. It is total, so the order in which records arrived does not matter. */
export function compareRequests(a: IdentifiedRequest, b: IdentifiedRequest): number {
  return order(a.at, b.at) || order(a.instance, b.instance) || orderIds(a.captureId, b.captureId) || orderIds(a.recordId, b.recordId) || order(a.caller, b.caller);
}

/** Null sorts first. */
function orderIds<T extends bigint | string>(a: T | null, b: T | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return order(a, b);
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
