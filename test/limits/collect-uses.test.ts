import { expect, test } from "vitest";
import { type CollectedUses, UseCollector } from "../../src/limits/access/collect-uses.ts";
import { type UsageRow, usageRow, withUsageFile } from "../prices/usage-rows.ts";

/** What came of a request stands in the agent here: the SQL that tells it is a parameter. */
const STATUS = "CASE WHEN agent IS NULL THEN 'ok' ELSE agent END";
const SPAN = { from: new Date("2026-10-05T00:00:00Z"), to: new Date("2026-10-06T00:00:00Z") };

async function collect(rows: readonly UsageRow[]): Promise<CollectedUses> {
  return await withUsageFile(rows, async (duck, file) => {
    const collector = await UseCollector.open(duck, STATUS, SPAN);
    await collector.look(file);
    return await collector.list();
  });
}

test("uses are those of the span, from its first moment on and before its end; attempts are all that was looked at", async () => {
  const at = (time: string): UsageRow => usageRow({ at: time });
  const { used, attempts } = await collect([at("2026-10-04T23:59:59.999Z"), at("2026-10-05T00:00:00Z"), at("2026-10-05T23:59:59.999Z"), at("2026-10-06T00:00:00Z")]);
  const who = { instance: "prod", caller: "ann@example.com", callerType: "user", tags: [], provider: "p", model: "m", statusClass: "ok" };
  expect(used).toEqual([{ ...who, requests: 2, first: new Date("2026-10-05T00:00:00Z"), last: new Date("2026-10-05T23:59:59.999Z") }]);
  expect(attempts).toEqual([{ ...who, last: new Date("2026-10-06T00:00:00Z") }]);
});

test("an attempt outside of the span is no use, and each outcome and model stands by itself, in order", async () => {
  const { used, attempts } = await collect([
    usageRow({ agent: "denied", at: "2026-10-04T12:00:00Z" }),
    usageRow({ recorded: " p/n " }),
    usageRow({ recorded: "q/n" }),
    usageRow({ caller: "bob@example.com", agent: "rejected" }),
    usageRow({}),
  ]);
  expect(used.map(({ caller, model, statusClass }) => [caller, model, statusClass])).toEqual([
    ["ann@example.com", "m", "ok"],
    ["ann@example.com", "n", "ok"],
    ["ann@example.com", "q/n", "ok"],
    ["bob@example.com", "m", "rejected"],
  ]);
  expect(attempts.map(({ caller, model, statusClass }) => [caller, model, statusClass])).toEqual([
    ["ann@example.com", "m", "denied"],
    ["ann@example.com", "m", "ok"],
    ["ann@example.com", "n", "ok"],
    ["ann@example.com", "q/n", "ok"],
    ["bob@example.com", "m", "rejected"],
  ]);
});
