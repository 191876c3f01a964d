import { type Html, showName } from "./html-cells.ts";
import { renderSummary } from "./html-summary.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";

/** Usage by caller, tags, model and provider, whoever pays for it. */
export function renderSummaries({ total, byCaller, byTags, byModel, byProvider }: ChargebackReport, cents: PrintedCents): Html[] {
  const caller = {
    id: "callers",
    title: "Usage by caller",
    caption: "One row a caller: a person’s login, or the tags of a device",
    summary: byCaller,
    columns: [
      { title: "Caller", show: (key: { caller: string }) => showName(key.caller) },
      { title: "Type", show: (key: { callerType: string }) => key.callerType },
    ],
  };
  const tags = {
    id: "tags",
    title: "Usage by set of tags",
    caption: "One row a set of tags; callers without tags are one row",
    summary: byTags,
    columns: [{ title: "Tags", show: ({ tagSet }: { tagSet: string }) => showName(tagSet) }],
  };
  const model = {
    id: "models",
    title: "Usage by model",
    caption: "One row a model, whichever provider served it",
    summary: byModel,
    columns: [{ title: "Model", show: (key: { model: string }) => showName(key.model) }],
  };
  const provider = {
    id: "providers",
    title: "Usage by provider",
    caption: "One row a provider, as the gateway is configured",
    summary: byProvider,
    columns: [{ title: "Provider", show: (key: { provider: string }) => showName(key.provider) }],
  };
  return [
    renderSummary(caller, total, cents),
    renderSummary(tags, total, cents),
    renderSummary(model, total, cents),
    renderSummary(provider, total, cents),
  ];
}
