import type { FocusExport } from "../chargeback/export-focus.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Lines about the FOCUS export: where it is, and what it does not include. */
export function describeFocus({ url }: Pick<ObjectStore, "url">, { files, written, rows, unpriced }: FocusExport): string[] {
  return [
    `focus        FOCUS 1.2, ${String(rows)} rows${written.length === 0 ? ", unchanged" : ""}`,
    ...Object.values(files).map((key) => `focus        ${url}/${key}`),
    ...(unpriced.requests === 0n
      ? []
      : [`             without ${unpriced.requests} requests that have no price: ${unpriced.inputTokens} tokens in, ${unpriced.outputTokens} out`]),
  ];
}

/** The same for programs. */
export function focusAsJson({ url }: Pick<ObjectStore, "url">, { files, rows, unpriced }: FocusExport): object {
  return {
    csv: `${url}/${files.csv}`,
    parquet: `${url}/${files.parquet}`,
    rows,
    unpriced_requests: unpriced.requests,
    unpriced_input_tokens: unpriced.inputTokens,
    unpriced_output_tokens: unpriced.outputTokens,
  };
}
