import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { Registry } from "prom-client";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ROOT } from "./compose-file.ts";

const rules = z
  .strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.strictObject({ alert: z.string(), expr: z.string(), for: z.string().regex(/^\d+[mhd]$/), labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }), annotations: z.strictObject({ summary: z.string(), description: z.string() }) })) })) })
  .parse(parse(readFileSync(join(ROOT, "docs/monitoring/prometheus-rules.yaml"), "utf8")))
  .groups.flatMap(({ rules: all }) => all);

const panel = z.looseObject({ id: z.int(), title: z.string(), description: z.string(), gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }), targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })).min(1) });
const dashboard = z
  .looseObject({ panels: z.array(panel), templating: z.object({ list: z.array(z.looseObject({ name: z.string(), definition: z.string().optional() })) }) })
  .parse(JSON.parse(readFileSync(join(ROOT, "docs/monitoring/grafana-dashboard.json"), "utf8")));

/** Label names of the program's own metrics, by name. A histogram is there under its series. */
const known = new Map<string, ReadonlySet<string>>();
/** The same with the names of the metrics themselves, as the page lists them. */
const listed = new Map<string, string[]>();

beforeAll(() => {
  const registered = vi.spyOn(Registry.prototype, "registerMetric");
  const metrics = new LedgerMetrics({ lake: new FsStore(temporaryFolder()), queues: [], readSpending: () => Promise.reject(new Error("nobody asks")), clock: () => new Date(0) });
  if (!metrics.contentType.startsWith("text/plain")) throw new Error("these are not metrics for Prometheus");
  for (const [metric] of registered.mock.calls) {
    const { name, labelNames } = z.object({ name: z.string(), labelNames: z.array(z.string()) }).parse(metric);
    if (!name.startsWith("aperture_ledger_")) continue;
    listed.set(name, labelNames);
    if ("buckets" in metric) for (const suffix of ["_bucket", "_sum", "_count"]) known.set(`${name}${suffix}`, new Set([...labelNames, ...(suffix === "_bucket" ? ["le"] : [])]));
    else known.set(name, new Set(labelNames));
  }
  registered.mockRestore();
});

interface Query {
  selectors: { metric: string; labels: string[] }[];
  /** Labels that the result is grouped by. */
  groups: string[];
  isValid: boolean;
}

/** What Prometheus' own grammar reads in an expression. */
function readQuery(written: string): Query {
  const text = written.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, "x");
  const query: Query = { selectors: [], groups: [], isValid: true };
  parser.parse(text).iterate({
    enter(node) {
      const name = (inside: string): string[] => node.node.getChildren(inside).map(({ from, to }) => text.slice(from, to));
      if (node.type.isError) query.isValid = false;
      if (node.name === "VectorSelector") query.selectors.push({ metric: name("Identifier")[0] ?? "", labels: [] });
      if (node.name === "UnquotedLabelMatcher") query.selectors.at(-1)?.labels.push(...name("LabelName"));
      if (node.name === "GroupingLabels") query.groups.push(...name("LabelName"));
    },
  });
  return query;
}

/** What is wrong with an expression, or with the labels that a text shows of its result. */
function mistakesIn(expr: string, shown: string): string[] {
  const { selectors, groups, isValid } = readQuery(expr);
  const mistakes = isValid && selectors.length > 0 ? [] : [`${expr} is not PromQL`];
  for (const { metric, labels } of selectors) {
    const has = known.get(metric);
    if (has === undefined) mistakes.push(`there is no metric ${metric}`);
    for (const label of [...labels, ...groups]) if (has?.has(label) === false) mistakes.push(`${metric} has no label ${label}`);
  }
  for (const [, label = ""] of shown.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)) if (!groups.includes(label)) mistakes.push(`${expr} has no ${label} to show`);
  return mistakes;
}

test("a mistake in an expression would be found", () => {
  expect(mistakesIn('max by (gateway) (aperture_ledger_days_stale{state="x"})', "{{kind}}")).toEqual([
    "aperture_ledger_days_stale has no label state",
    "aperture_ledger_days_stale has no label gateway",
    'max by (gateway) (aperture_ledger_days_stale{state="x"}) has no kind to show',
  ]);
  expect(mistakesIn("max(aperture_ledger_exports)", "")).toEqual(["there is no metric aperture_ledger_exports"]);
  expect(mistakesIn("max(aperture_ledger_days_stale", "")).toEqual([expect.stringContaining("is not PromQL")]);
});

describe("the alerts for Prometheus", () => {
  test.each(rules)("$alert asks for metrics and labels that exist, and says what to do", ({ expr, annotations: { summary, description } }) => {
    expect(mistakesIn(expr, `${summary} ${description}`)).toEqual([]);
    expect(description).toMatch(/[Ll]ook|[Cc]all|says|page/);
  });

  test("have different names", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe("the dashboard for Grafana", () => {
  test.each(dashboard.panels)("$title shows metrics and labels that exist", ({ targets, description }) => {
    expect(targets.flatMap(({ expr, legendFormat }) => mistakesIn(expr, legendFormat))).toEqual([]);
    expect(description).not.toBe("");
  });

  test("offers the gateways that the metrics name", () => {
    const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(dashboard.templating.list.find(({ name }) => name === "gateway")?.definition ?? "") ?? [];
    expect(known.get(metric)?.has(label)).toBe(true);
  });

  test("has every panel once, and none over another", () => {
    const { panels } = dashboard;
    expect(new Set(panels.flatMap(({ id, title }) => [id, title])).size).toBe(2 * panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, cell) => `${String(x + (cell % w))} ${String(y + Math.floor(cell / w))}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test("shows every metric of the program", () => {
    const shown = new Set(dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => readQuery(expr).selectors.map(({ metric }) => metric.replace(/_(?:bucket|sum|count)$/, "")))));
    expect([...listed.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });
});

test("docs/monitoring.md lists every metric of the program with its labels", () => {
  const page = readFileSync(join(ROOT, "docs/monitoring.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(aperture_ledger_\w+)` \| (.*?) \|/gm)].map(([, name = "", labels = ""]) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label)] as const);
  expect(new Map(rows)).toEqual(listed);
  expect(rows).toHaveLength(listed.size);
});
