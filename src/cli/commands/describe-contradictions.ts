import { formatDollars } from "../../ledger/money.ts";
import { TERM_TITLES, type Term, TERMS } from "../../ledger/usage/terms.ts";
import type { Contradiction, EqualEstimates } from "../../prices/drift/contradictions.ts";

/** Estimates of equal counts that differ, with the reason and the example that differs most. */
export function describeContradiction({ provider, model, reasons, combinations, requests, example }: Contradiction): string[] {
  const why = reasons.length === 0 ? "for an unknown reason" : `because ${reasons.map((term) => TERM_TITLES[term]).join(" and ")} ${reasons.length === 1 ? "differs" : "differ"}`;
  const counts = [...example.counts].map(([name, tokens]) => `${name} ${String(tokens)}`).join(", ");
  const shown = TERMS.filter((term) => example.estimates.some(({ terms }) => terms[term] !== null));
  return [
    `${model.startsWith(`${provider}/`) ? model : `${provider}/${model}`}: estimates of ${count(requests, "request")} differ at equal counts (${count(combinations, "combination")} of counts), ${why}`,
    `  with ${counts}:`,
    ...example.estimates.map((one) => `    $${formatDollars(one.cost)}: ${describeTerms(one, shown)}${count(one.requests, "request")}, ${describeTime(one)}`),
  ];
}

function describeTerms({ terms }: EqualEstimates, shown: readonly Term[]): string {
  return shown.map((term) => `${TERM_TITLES[term]} ${terms[term] ?? "unknown"}, `).join("");
}

function describeTime({ first, last }: EqualEstimates): string {
  return first.getTime() === last.getTime() ? `at ${first.toISOString()}` : `${first.toISOString()} to ${last.toISOString()}`;
}

function count(number: bigint | number, what: string): string {
  return `${String(number)} ${what}${Number(number) === 1 ? "" : "s"}`;
}

export function contradictionJson({ provider, model, reasons, combinations, requests, example }: Contradiction): object {
  return {
    provider,
    model_recorded: model,
    reasons: reasons.length === 0 ? ["unknown"] : reasons,
    combinations,
    requests,
    example: {
      ...Object.fromEntries(example.counts),
      estimates: example.estimates.map(({ cost, terms, requests: of, first, last }) => ({ cost_usd: formatDollars(cost), ...terms, requests: of, first, last })),
    },
  };
}
