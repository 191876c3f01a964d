import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { budgetsOf } from "../../src/open/configured-budgets.ts";
import { configSchema } from "../../src/config/config.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/limits.md"), "utf8");

test("the budgets of the guide are valid, with the defaults that it names", () => {
  const yaml = /^```yaml\n(.*?)^```$/ms.exec(GUIDE)?.[1] ?? "";
  const config = configSchema.parse({ dimensions: { repo: "X-Github-Repository" }, ...(parse(yaml) as object) });
  expect(budgetsOf(config).map(({ name, amount, timezone, thresholds, forecast }) => [name, amount, timezone, thresholds, forecast])).toEqual([
    ["company", 20_000_000_000_000n, "UTC", [50, 80, 100], true],
    ["payments on opus", 1_499_500_000_000n, "Europe/Berlin", [50, 80, 100], true],
    ["CI of acme", 40_000_000_000n, "UTC", [80, 100], false],
  ]);
});
