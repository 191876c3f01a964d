import { type Nanodollars, nanodollarsOfFloat } from "../ledger/money.ts";
import type { CutExport } from "./cut-exports.ts";
import type { Identity, SimulatedRecord } from "./simulated-record.ts";

/** Sums over requests, each counted once, by the names that records use. */
export interface TrueSums {
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cache_creation_input_tokens: number;
  reasoning_tokens: number;
  nanodollars: Nanodollars;
  /** Requests without an estimated cost, failed ones among them. */
  unpriced_requests: number;
}

/** The sums that any correct reader of the exports finds. */
export interface Truth {
  files: number;
  /** Duplicates counted as often as they were written. */
  records_written: number;
  distinct: TrueSums;
  /** By login in lower case, or by sorted tags joined with commas; in order of that name. */
  by_login: Record<string, TrueSums>;
}

export class TruthKeeper {
  #files = 0;
  #recordsWritten = 0;
  readonly #distinct = noSums();
  readonly #byLogin = new Map<string, TrueSums>();

  add({ entries }: CutExport): void {
    this.#files += 1;
    this.#recordsWritten += entries.length;
    for (const { record, again } of entries) {
      if (again) continue;
      const login = callerOf(record.identity);
      const sums = this.#byLogin.get(login) ?? noSums();
      this.#byLogin.set(login, sums);
      addTo(sums, record);
      addTo(this.#distinct, record);
    }
  }

  truth(): Truth {
    const logins = [...this.#byLogin.keys()].sort();
    return {
      files: this.#files,
      records_written: this.#recordsWritten,
      distinct: { ...this.#distinct },
      by_login: Object.fromEntries(logins.map((login) => [login, { ...(this.#byLogin.get(login) ?? noSums()) }])),
    };
  }
}

function callerOf({ login, tags }: Identity): string {
  return tags === undefined ? login.toLowerCase() : tags.toSorted().join(",");
}

function addTo(sums: TrueSums, { usage, estimatedCost }: SimulatedRecord): void {
  sums.requests += 1;
  sums.input_tokens += usage.input_tokens ?? 0;
  sums.output_tokens += usage.output_tokens ?? 0;
  sums.cached_tokens += usage.cached_tokens ?? 0;
  sums.cache_creation_input_tokens += usage.cache_creation_input_tokens ?? 0;
  sums.reasoning_tokens += usage.reasoning_tokens ?? 0;
  if (estimatedCost === undefined) sums.unpriced_requests += 1;
  else sums.nanodollars += nanodollarsOfFloat(estimatedCost.dollars);
}

function noSums(): TrueSums {
  return {
    requests: 0,
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    cache_creation_input_tokens: 0,
    reasoning_tokens: 0,
    nanodollars: 0n,
    unpriced_requests: 0,
  };
}
