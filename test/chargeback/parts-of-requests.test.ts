import { expect, test } from "vitest";
import { renderOwn } from "../../src/chargeback/page/own-table.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { sumAllocated } from "../../src/chargeback/report/allocation-figures.ts";
import { cutToTeam } from "../../src/chargeback/team/cut-to-team.ts";
import { renderTeamReport } from "../../src/chargeback/team/render-team.ts";
import { allocateRow, inventReport, inventRow } from "./invented-report.ts";

/** The last cell of each row of a table, which has the requests. */
const requestsIn = (html: string): string[] => [...html.matchAll(/<tr>.*?<\/tr>/gs)].flatMap(([row]) => [...row.matchAll(/<td[^>]*>([\d.,]+)<\/td>/g)].at(-1)?.[1] ?? []);

test("parts of requests in a team's table come to the total that stands below them", async () => {
  // 290.604 requests of three callers, each of which alone is nearest to 96.87: 290.61 in all.
  const rows = [96_868_000_000n, 96_868_000_000n, 96_868_000_000n].map((requests, index) => ({ key: `caller ${String(index)}`, figures: sumAllocated([allocateRow(inventRow(), { requests })]) }));
  const figures = sumAllocated(rows.map(() => allocateRow(inventRow(), { requests: 96_868_000_000n })));
  const table = await renderOwn(rows, { title: "Caller", limit: 10, show: (key) => key }, { figures, owed: 0n, listValue: 0n, requests: 29_060n });
  expect(requestsIn(String(table))).toEqual(["96.87", "96.87", "96.86", "290.60"]);
});

test("a team's page prints as many requests as the company's page prints for the team", async () => {
  const request = inventRow({ cost: 3n });
  const teams = ["one", "three", "two"];
  const report = inventReport([request], {}, { rows: teams.map((team, index) => allocateRow(request, { team, cost: 1n, requests: index === 0 ? 333_333_334n : 333_333_333n })) });
  const section = /<section aria-labelledby="teams">.*?<\/section>/s.exec(await renderHtml(report, REPORT_FILES))?.[0] ?? "";
  const printed = teams.map((team) => [...(section.split("<tr").find((row) => row.includes(`<bdi>${team}</bdi>`)) ?? "").matchAll(/>(0\.\d\d)</g)].map(([, count]) => count));
  // One request in three parts: 0.34 and twice 0.33.
  expect(printed.map((cells) => cells.includes("0.34"))).toEqual([true, false, false]);
  for (const [index, team] of teams.entries()) {
    const { html } = await renderTeamReport(cutToTeam(report, team));
    expect(html).toContain(`<dt>Requests</dt><dd>${index === 0 ? "0.34" : "0.33"}</dd>`);
  }
});
