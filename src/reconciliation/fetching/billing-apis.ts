import type { ApiName } from "../../ledger/billing-api-names.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { TERMS } from "../../ledger/usage/terms.ts";
import { type Report, REPORTS } from "../../lake/records/kept-bills.ts";

/** The requested days: UTC midnights in milliseconds since 1970, `to` exclusive. */
export interface AskedDays {
  from: number;
  to: number;
}

type Query = readonly (readonly [name: string, value: string])[];

interface ReportRequest {
  path: string;
  /** Parameters besides groups and page. */
  query: (days: AskedDays) => Query;
  /** Groups that the comparison needs. */
  groups: readonly string[];
  /** Whether the configured groups apply to this report. */
  takesMoreGroups: boolean;
}

export interface BillingApi {
  /** Base address of the API. */
  url: string;
  /** @param groups the configured ones: some need a header of their own. */
  headers: (key: string, groups: readonly string[]) => Record<string, string>;
  /** Name of the parameter that is repeated for each group. */
  groupBy: string;
  reports: Readonly<Record<Report, ReportRequest>>;
}

const ANTHROPIC = { url: "https://api.anthropic.com", groupBy: "group_by[]" };

function anthropicHeaders(key: string): Record<string, string> {
  return { "x-api-key": key, "anthropic-version": "2023-06-01" };
}

function byInstants(bucket: string, more: Query = []): (days: AskedDays) => Query {
  return ({ from, to }) => [["starting_at", new Date(from).toISOString()], ["ending_at", new Date(to).toISOString()], [bucket, "1d"], ...more];
}

/** One page has as many daily buckets as a month has days. The APIs' default is 7. */
const A_MONTH: Query = [["limit", "31"]];

function bySeconds({ from, to }: AskedDays): Query {
  return [["start_time", String(from / 1000)], ["end_time", String(to / 1000)], ["bucket_width", "1d"], ...A_MONTH];
}

/** Paths, parameters and groups according to the providers' references of November 2026. Prices depend on service tier, speed and geography. */
export const BILLING_APIS: Readonly<Record<ApiName, BillingApi>> = {
  anthropic: {
    ...ANTHROPIC,
    // Grouping by speed needs the header of a beta, which may end: only those who ask for it depend on it.
    headers: (key, groups) => ({ ...anthropicHeaders(key), ...(groups.includes("speed") ? { "anthropic-beta": "fast-mode-2026-02-01" } : {}) }),
    // The costs state tier and geography of themselves, as part of the description.
    reports: {
      usage: { path: "/v1/organizations/usage_report/messages", query: byInstants("bucket_width", A_MONTH), groups: ["model", "workspace_id", "service_tier", "inference_geo"], takesMoreGroups: true },
      costs: { path: "/v1/organizations/cost_report", query: byInstants("bucket_width", A_MONTH), groups: ["description", "workspace_id"], takesMoreGroups: false },
    },
  },
  anthropic_analytics: {
    ...ANTHROPIC,
    headers: (key) => ({ ...anthropicHeaders(key), "anthropic-beta": "analytics-usage-cost-2026-08-24" }),
    // The maximum number of rows on a page is not documented, so the default applies.
    reports: {
      usage: { path: "/v1/organizations/analytics/usage", query: byInstants("time_bucket_width"), groups: ["product", "model", "workspace_id", ...TERMS], takesMoreGroups: true },
      costs: { path: "/v1/organizations/analytics/cost", query: byInstants("time_bucket_width"), groups: ["product", "model", "workspace_id", "cost_type", "token_type", ...TERMS], takesMoreGroups: true },
    },
  },
  openai: {
    url: "https://api.openai.com",
    headers: (key) => ({ authorization: `Bearer ${key}` }),
    groupBy: "group_by",
    reports: {
      usage: { path: "/v1/organization/usage/completions", query: bySeconds, groups: ["model", "project_id", "service_tier", "batch"], takesMoreGroups: true },
      costs: { path: "/v1/organization/costs", query: bySeconds, groups: ["line_item", "project_id"], takesMoreGroups: false },
    },
  },
};

/** A configured API of a provider. */
export interface BillSource {
  /** Name in the configuration. It is part of keys, so it must never change. */
  name: string;
  api: ApiName;
  /** Address to use instead of the provider's, such as a proxy's. */
  url?: string | undefined;
  /** Environment variable with the key. */
  keyEnv: string;
  /** Additional groups. */
  groupBy: readonly string[];
}

/** Where the API of a bill answers. */
export function urlOf({ api, url }: BillSource): string {
  return (url ?? BILLING_APIS[api].url).replace(/\/+$/, "");
}

/** The address of each report, without a page. */
export function reportUrls(source: BillSource, days: AskedDays): Record<Report, URL> {
  const { groupBy: parameter, reports } = BILLING_APIS[source.api];
  return recordOf(REPORTS, (report) => report, (report) => {
    const { path, query, groups, takesMoreGroups } = reports[report];
    const found = new URL(`${urlOf(source)}${path}`);
    for (const [name, value] of query(days)) found.searchParams.append(name, value);
    for (const group of new Set([...groups, ...(takesMoreGroups ? source.groupBy : [])])) found.searchParams.append(parameter, group);
    return found;
  });
}
