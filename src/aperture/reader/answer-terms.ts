import { mapTerms, type Term, TERMS, type Terms } from "../../ledger/usage/terms.ts";
import { isCredential } from "./credential.ts";

/**
 * The terms in a provider's answer. Anthropic writes all of them into `usage`; in a stream, into the `usage` of the `message` in `message_start`.
 * OpenAI writes `service_tier` beside `usage`; in streams of its Responses API, into `response`.
 */

/** A term as providers write one. */
const TERM = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** The tier of a request that leaves the choice to OpenAI. The answer names the chosen tier. */
const UNDECIDED = "auto";

/** A longer text is not a term. */
export const MOST_TERM_BYTES = 64;

/** Returns the value if it is a term, otherwise null. A server may write anything there, even a key. */
function readTerm(value: unknown): string | null {
  return typeof value === "string" && TERM.test(value) && value !== UNDECIDED && !isCredential(value) ? value : null;
}

/** The maps of an answer that may contain terms: the answer, its `usage`, a `message` or `response` in it, and the `usage` of these. */
export type TermPlace = "answer" | "usage" | "inner" | "inner usage";

/** The place of the map that a key of another map contains; undefined if it cannot contain terms. */
export function placeWithin(place: TermPlace, key: string): TermPlace | undefined {
  if (key === "usage") return place === "answer" ? "usage" : place === "inner" ? "inner usage" : undefined;
  return place === "answer" && (key === "message" || key === "response") ? "inner" : undefined;
}

/** The term that a key names, in a map at the given place. */
export function termAt(place: TermPlace, key: string): Term | undefined {
  const term = TERMS.find((one) => one === key);
  return term === "service_tier" || place === "usage" || place === "inner usage" ? term : undefined;
}

/** The values of the terms that an answer contains, by place. The last value at a place counts. */
export class StatedTerms {
  readonly #stated = new Map<string, string>();

  state(place: TermPlace, term: Term, value: unknown): void {
    const read = readTerm(value);
    if (read !== null) this.#stated.set(`${place} ${term}`, read);
  }

  get isEmpty(): boolean {
    return this.#stated.size === 0;
  }

  /** The value of the innermost place counts. */
  get terms(): Terms {
    const of = (place: TermPlace, term: Term): string | undefined => this.#stated.get(`${place} ${term}`);
    return mapTerms((term) => of("inner usage", term) ?? of("inner", term) ?? of("usage", term) ?? of("answer", term) ?? null);
  }
}
