import { expect, test } from "vitest";
import { dailyDrawing } from "../../src/chargeback/page/bar-charts.ts";
import { loadCharts } from "../../src/chargeback/page/draw-chart.ts";

test("the chart of a month's days names the first, the last and all between them", async () => {
  const draw = await loadCharts();
  const billing = { metered: 1_000_000_000n, self_hosted: 0n, subscription: 0n, caller_key: 0n };
  const days = Array.from({ length: 31 }, (_, index) => ({ name: String(index + 1), billing }));
  const drawing = dailyDrawing(days, { labelEvery: 1, lines: 4 });
  const svg: string = await draw({ id: "days", title: "Cost by day", description: "", width: 960, height: 260, drawing });
  const labels = [...svg.matchAll(/<text[^>]*>(\d+)<\/text>/g)].map(([, label]) => label);
  expect(labels).toEqual(days.map(({ name }) => name));
});
