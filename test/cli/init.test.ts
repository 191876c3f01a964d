import { expect, test } from "vitest";
import { parse } from "yaml";
import { checkTeams } from "../../src/allocation/settings/check-teams.ts";
import { EXAMPLE_CONFIG } from "../../src/cli/commands/init.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { configuredBudgets } from "../../src/open/configured-budgets.ts";
import { configSchema } from "../../src/config/config.ts";

/** The text with its examples in force: keys and list items behind a `#`. What is written twice is as it is written last. */
function withExamples(text: string): unknown {
  const uncommented = text.replace(/^# (?=\s*(?:[a-z_]+:|- ))/gm, "");
  return parse(uncommented, { uniqueKeys: false });
}

test("the example that init writes is valid with everything in it that is commented out", () => {
  const examples = withExamples(EXAMPLE_CONFIG);
  const config = configSchema.parse(examples);
  const sections = [
    "sources", "lake", "archive", "aperture", "dimensions", "directory", "allocation", "timezone", "prices", "providers", "limits", "notify", "alerts", "anomalies",
    "reconciliation", "redis", "schedule", "http",
  ];
  expect(Object.keys(examples as object).toSorted()).toEqual(sections.toSorted());

  expect(config.providers).toMatchObject([{ provider: "private-llm", counts: {} }, { provider: "lab-claude", billing: "metered", from: "2026-10-01" }]);
  const { archive, directory, allocation } = config;
  expect(archive).toMatchObject({ lock: { mode: "GOVERNANCE" }, redact: [{ name: "ticket", pattern: "ACME-\\d+" }], retention: [{ content: "bodies" }, { content: "records" }] });
  expect(directory.teams.map(({ name }) => name)).toEqual(["payments", "web", "platform"]);
  expect([allocation.rules, allocation.pools, allocation.adjustments].map(({ length }) => length)).toEqual([2, 1, 1]);
  expect(() => checkTeams(allocationSettings(config, []))).not.toThrow();
  expect(configuredBudgets(config, allocationSettings(config, [])).map(({ name, amount }) => [name, amount])).toEqual([
    ["company", 20_000_000_000_000n],
    ["payments on opus", 1_499_500_000_000n],
  ]);
});

test("a line of the example that stands for a default says the default", () => {
  const { allocation, archive, timezone, schedule, alerts, anomalies } = configSchema.parse(withExamples(EXAMPLE_CONFIG));
  const usual = configSchema.parse({});
  expect([allocation.several, allocation.tags, timezone, schedule.timezone]).toEqual([
    usual.allocation.several,
    usual.allocation.tags,
    usual.timezone,
    usual.schedule.timezone,
  ]);
  expect([archive.bodies, archive.purge]).toEqual([usual.archive.bodies, usual.archive.purge]);
  expect(alerts).toEqual(usual.alerts);
  expect(anomalies).toEqual({ ...configSchema.parse({ anomalies: {} }).anomalies, notify: ["ops"] });
});
