import { html } from "hono/html";
import type { ListValueBilling } from "../../ledger/usage/usage-record.ts";
import type { Html } from "../page/cells.ts";
import { countOf, section, showAmount } from "../page/tables.ts";
import type { ChargebackReport } from "../report/report.ts";

const PAID_BY: Readonly<Record<ListValueBilling, { id: string; title: string; through: string; compare: string }>> = {
  subscription: { id: "subscriptions", title: "Subscriptions", through: "the callers’ own plans", compare: "what the plans cost" },
  caller_key: { id: "caller-keys", title: "Callers’ own keys", through: "API keys of the callers’ own", compare: "the bills of their accounts" },
};

/** What requests would have cost that callers paid for themselves. */
export function renderListValue(kind: ListValueBilling, { total, rows }: Pick<ChargebackReport, "total" | "rows">, cents: bigint): Html | string {
  const { requests, cost } = total.billing[kind];
  if (requests === 0n) return "";
  const { id, title, through, compare } = PAID_BY[kind];
  const models = Map.groupBy(rows.filter(({ billing }) => billing === kind), ({ model }) => model).size;
  return section(id, title, html`<p>${countOf(requests, "request")} to ${countOf(models, "model")} went through ${through}.
${cost === null ? "None of them has a price." : html`At list price they would have cost <strong>${showAmount(cost, cents)}</strong>.`}
Compare this value with ${compare}. Nobody owes it, and no owed amount includes it.</p>`);
}
