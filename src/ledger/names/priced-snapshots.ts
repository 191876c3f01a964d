/**
 * A date at the end of a name is a revision: the dated and the undated name have one price. These are the known exceptions:
 * dated models whose list price differs from that of the name without the date. They keep their date, so that one model has
 * one price. From a name alone this cannot be known, so a new exception is a new line here; until then a price entry for the
 * name as recorded prices it rightly.
 */
const PRICED_APART: ReadonlySet<string> = new Set([
  // OpenAI, API pricing: $5 and $15; `gpt-4o` is $2.50 and $10 since 2024-10-02.
  "gpt-4o-2024-05-13",
  // OpenAI, API pricing: launched at $3 and $12; `o1-mini` was later lowered to $1.10 and $4.40.
  "o1-mini-2024-09-12",
  // OpenAI, API pricing: audio $100 and $200; $40 and $80 from the snapshot of 2024-12-17 on.
  "gpt-4o-audio-preview-2024-10-01",
  "gpt-4o-realtime-preview-2024-10-01",
  // Alibaba Cloud Model Studio, pricing: more expensive above 256,000 tokens; snapshots before them have one price for every length.
  "qwen-plus-2025-07-28",
  "qwen-plus-2025-09-11",
  "qwen-plus-2025-12-01",
  // The same: $0.40 and $2.40, and $0.30 and $1.80.
  "qwen3.5-plus-20260216",
  "qwen3.5-plus-20260420",
]);

export function isPricedApart(name: string): boolean {
  return PRICED_APART.has(name);
}
