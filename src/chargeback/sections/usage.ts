import { type Html, showName } from "../page/cells.ts";
import { renderUsageTable } from "../page/usage-table.ts";
import { usageSummaryToJson } from "../report/figures-json.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { type SummaryRow, usageRow } from "../report/summary-row.ts";

/** Usage by caller, tags, model and provider, independent of who pays. */
export function renderUsages({ total, byCaller, byTags, byModel, byProvider }: ChargebackReport, cents: PrintedCents): Html[] {
  const caller = {
    id: "callers",
    title: "Usage by caller",
    caption: "One row per caller: a person’s login, or the tags of a device",
    summary: byCaller,
    columns: [
      { title: "Caller", show: (key: { caller: string }) => showName(key.caller) },
      { title: "Type", show: (key: { callerType: string }) => key.callerType },
    ],
  };
  const tags = {
    id: "tags",
    title: "Usage by set of tags",
    caption: "One row per set of tags; callers without tags share one row",
    summary: byTags,
    columns: [{ title: "Tags", show: ({ tagSet }: { tagSet: string }) => showName(tagSet) }],
  };
  const model = {
    id: "models",
    title: "Usage by model",
    caption: "One row per model, across providers",
    summary: byModel,
    columns: [{ title: "Model", show: (key: { model: string }) => showName(key.model) }],
  };
  const provider = {
    id: "providers",
    title: "Usage by provider",
    caption: "One row per provider, as named in the gateway’s configuration",
    summary: byProvider,
    columns: [{ title: "Provider", show: (key: { provider: string }) => showName(key.provider) }],
  };
  return [
    renderUsageTable(caller, total, cents),
    renderUsageTable(tags, total, cents),
    renderUsageTable(model, total, cents),
    renderUsageTable(provider, total, cents),
  ];
}

export function usageRows({ byCaller, byTags, byModel, byProvider }: ChargebackReport): SummaryRow[] {
  const detail = "before adjustments";
  return [
    ...byCaller.map(({ key, figures }) => usageRow({ section: "usage caller", team: "", item: key.caller, detail: `${key.callerType}, ${detail}` }, figures)),
    ...byTags.map(({ key, figures }) => usageRow({ section: "usage tags", team: "", item: key.tagSet, detail }, figures)),
    ...byModel.map(({ key, figures }) => usageRow({ section: "usage model", team: "", item: key.model, detail }, figures)),
    ...byProvider.map(({ key, figures }) => usageRow({ section: "usage provider", team: "", item: key.provider, detail }, figures)),
  ];
}

export function usagesToJson({ byCaller, byTags, byModel, byProvider }: ChargebackReport): object {
  return {
    by_caller: usageSummaryToJson(byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tags: usageSummaryToJson(byTags, ({ tagSet, tags }) => ({ tag_set: tagSet, tags })),
    by_model: usageSummaryToJson(byModel, (key) => key),
    by_provider: usageSummaryToJson(byProvider, (key) => key),
  };
}
