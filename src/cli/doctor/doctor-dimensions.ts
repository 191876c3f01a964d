import { join } from "node:path";
import { z } from "zod";
import { isSecretHeader } from "../../aperture/rewrite/capture-rules.ts";
import { type HeaderNames, readHeaderNames } from "../../aperture/reader/header-names.ts";
import { listArchive } from "../../archive/copies/list-archive.ts";
import type { Config } from "../../config/config.ts";
import { fetchKnownTables } from "../../lake/days/known-values.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import { openArchive, openLake } from "../../open/open-stores.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Finding } from "./finding.ts";

const CHECK = "dimensions";
const GUIDE = "docs/guides/developers.md shows how they send it";

/** The share of the spend that carries each dimension, and request headers that might become one. Only names of headers are read. */
export async function findInDimensions(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const lake = await openLake(config);
  return await withWorkspace(async (workspace) => {
    const { rollups } = await fetchKnownTables(lake, workspace);
    if (rollups.length === 0) return [];
    return [...(await findShares(rollups, [...config.dimensions.keys()], workspace)), ...(await suggestHeaders(config, workspace))];
  });
}

const shareRow = z.object({ share: z.number().nullable(), requests: z.number() });

/** Finds each dimension's share of the amount owed. The share is null if nothing has a price. */
async function findShares(rollups: readonly string[], dimensions: readonly string[], workspace: string): Promise<Finding[]> {
  if (dimensions.length === 0) return [];
  return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
    const findings: Finding[] = [];
    for (const name of dimensions) {
      const has = `map_extract_value(dimensions, ${sqlText(name)}) IS NOT NULL`;
      const found = await duck.runAndReadAll(`
        SELECT (100 * sum(cost_usd) FILTER (${has}) / nullif(sum(cost_usd), 0))::DOUBLE AS share,
               coalesce(100 * sum(requests) FILTER (${has}) / nullif(sum(requests), 0), 0)::DOUBLE AS requests
        FROM ${readParquet(...rollups)} WHERE NOT (${IS_LIST_VALUE})`);
      const [row = { share: null, requests: 0 }] = z.array(shareRow).parse(found.getRowObjectsJS());
      findings.push(describeShare(name, row));
    }
    return findings;
  });
}

function describeShare(name: string, { share: ofSpend, requests }: z.infer<typeof shareRow>): Finding {
  if (requests === 0) return { check: CHECK, state: "attention", finding: `no request of the newest days has ${name}`, remedy: `compare its header with what clients send: ${GUIDE}` };
  return { check: CHECK, state: "ok", finding: `${ofSpend === null ? "" : `${percent(ofSpend)} of the spend and `}${percent(requests)} of the requests of the newest days have ${name}` };
}

function percent(share: number): string {
  return share > 0 && share < 1 ? "less than 1 %" : `${String(Math.floor(share))} %`;
}

/** A larger export is not read to find hints. */
const MOST_BYTES = 2 ** 26;
/** Headers that clients, their libraries and the proxies before a gateway send automatically; in lower case. */
const USUAL = /^(?:accept|access-control|anthropic|cache|chatgpt|connection|content|date|dnt|expect|forwarded|from|helicone|host|http-referer|if|keep|openai|origin|originator|pragma|priority|range|referer|sec|session|tailscale|te|traceparent|tracestate|trailer|transfer|upgrade|user|version|via|x-(?:api|app|b3|client|codex|forwarded|goog|oai|openai|real|request|stainless|title))(?:[-_]|$)/;

async function suggestHeaders(config: Config, workspace: string): Promise<Finding[]> {
  const used = new Set([...config.dimensions.values()].map((source) => (typeof source === "string" ? source : source.header).toLowerCase()));
  const archive = await openArchive(config);
  const findings: Finding[] = [];
  for (const [instance, { exports }] of await listArchive(archive)) {
    const newest = [...exports.values()].findLast(({ size }) => size <= MOST_BYTES);
    if (newest === undefined) continue;
    const file = join(workspace, "newest-export");
    await archive.download(newest.key, file, newest.etag);
    const { names, records } = await readHeaderNames(file);
    const others = [...names].filter(([name]) => !used.has(name) && !USUAL.test(name) && !isSecretHeader(name));
    if (others.length > 0) findings.push({ check: CHECK, state: "ok", finding: `the newest export of ${instance} has request headers that no dimension reads: ${listSome(describeNames({ names: new Map(others), records }))}`, remedy: "name one under dimensions to report by it; docs/guides/developers.md" });
  }
  return findings;
}

/** Most frequent ones first. */
function describeNames({ names, records }: HeaderNames): string[] {
  const sorted = [...names].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  return sorted.map(([name, count]) => `${name} (${percent((100 * count) / records)} of requests)`);
}
