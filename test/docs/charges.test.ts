import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { chargesOfMonth } from "../../src/allocation/charges/charges-of-month.ts";
import { configSchema } from "../../src/config/config.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/charges.md"), "utf8");

test("the page's configuration has every kind, and costs what it says", () => {
  const written = parse(/^```yaml\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? "") as Written;
  expect(configSchema.safeParse(written).error).toBeUndefined();
  const policies = { "2026-10-01": { groups: { "group:engineering": ["ann@example.com", "cat@example.com"] } } };
  const charges = chargesOfMonth(settingsOf({ ...written, policies }), boundMonth("2026-10", "UTC"));
  expect(charges.map(({ kind, amount }) => [kind, formatDollars(amount).slice(0, -7)])).toEqual([
    // Two people for the month and one for 15 of 31 days.
    ["seats", "62.10"], ["seats", "1200.00"], ["commitment", "1000.00"], ["provisioned", "2400.00"], ["prepaid", "500.00"], ["tokens", "200.00"], ["gpu_hours", "1710.00"], ["other", "300.00"],
  ]);
  const later = chargesOfMonth(settingsOf({ ...written, policies }), boundMonth("2026-11", "UTC"));
  expect(later.map(({ kind, amount }) => [kind, formatDollars(amount).slice(0, -7)])).toEqual([["seats", "75.00"], ["seats", "1200.00"], ["commitment", "1000.00"], ["provisioned", "2400.00"], ["tokens", "200.00"], ["other", "300.00"]]);
});
