import { mapTerms, NO_TERMS, TERMS, type Terms } from "../../ledger/usage/terms.ts";
import { StatedTerms, type TermPlace } from "./answer-terms.ts";
import { ProjectedAnswer, type ProjectedCapture, ProjectedTerms, ScannedAnswer } from "./projection.ts";

/** The terms in a capture: from its parsed answer, and terms that are missing there from the raw answer. */
export function termsOfCapture({ responseBody, rawResponseBody }: Pick<ProjectedCapture, "responseBody" | "rawResponseBody">): Terms {
  if (responseBody === undefined && rawResponseBody === undefined) return NO_TERMS;
  const [parsed, raw] = [termsOfAnswer(responseBody), termsOfAnswer(rawResponseBody)];
  if (parsed === NO_TERMS || raw === NO_TERMS) return parsed === NO_TERMS ? raw : parsed;
  return mapTerms((term) => parsed[term] ?? raw[term]);
}

/** `NO_TERMS` where there are none, so that requests share it. */
export function termsOfAnswer(answer: unknown): Terms {
  const stated = answer instanceof ScannedAnswer ? answer.scanner.stated : new StatedTerms();
  if (answer instanceof ProjectedAnswer) stateAnswer(stated, answer, "answer", "usage");
  return stated.isEmpty ? NO_TERMS : stated.terms;
}

function stateAnswer(stated: StatedTerms, { service_tier, usage, message, response }: ProjectedAnswer, place: TermPlace, within: TermPlace): void {
  stated.state(place, "service_tier", service_tier);
  if (usage instanceof ProjectedTerms) for (const term of TERMS) stated.state(within, term, usage[term]);
  for (const inner of [message, response]) if (inner instanceof ProjectedAnswer) stateAnswer(stated, inner, "inner", "inner usage");
}
