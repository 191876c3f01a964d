import { recordOf } from "../record-of.ts";

/**
 * The properties that a provider's price may depend on besides the model, as the `usage` of its answer names them: the service tier (`batch`,
 * `priority`, `flex`),
 * the speed (`fast`) and where the model ran (`us`). A term has the same name in answers, columns, price entries and bills.
 */
export const TERMS = ["service_tier", "speed", "inference_geo"] as const;
export type Term = (typeof TERMS)[number];

/** As the provider wrote them; null where no captured answer names the term. */
export type Terms = Readonly<Record<Term, string | null>>;

/** One value for each term. */
export function mapTerms<Value>(valueOf: (term: Term) => Value): Record<Term, Value> {
  return recordOf(TERMS, (term) => term, valueOf);
}

export const NO_TERMS: Terms = mapTerms(() => null);

/** How a term is named in messages. */
export const TERM_TITLES: Readonly<Record<Term, string>> = { service_tier: "service tier", speed: "speed", inference_geo: "geography" };
