import { expect, it } from "vitest";
import type { ReadRecord } from "./read-exports.ts";
import { simulateAll } from "./read-exports.ts";

function sum(records: readonly ReadRecord[]) {
  const count = (name: string) => records.reduce((all, { usage }) => all + (usage[name] ?? 0), 0);
  return {
    requests: records.length,
    input_tokens: count("input_tokens"),
    output_tokens: count("output_tokens"),
    cached_tokens: count("cached_tokens"),
    cache_creation_input_tokens: count("cache_creation_input_tokens"),
    reasoning_tokens: count("reasoning_tokens"),
    nanodollars: records.reduce((all, { estimated_cost: cost }) => all + BigInt(Math.round((cost?.dollars ?? 0) * 1e9)), 0n),
    unpriced_requests: records.filter(({ estimated_cost: cost }) => cost === undefined).length,
  };
}

it("is what the decoded exports add up to", async () => {
  const { read, exports, truth } = await simulateAll({ days: 10, records: 8000, duplicates: 0.02, late: 0.02 });
  const distinct = [...new Map(read.flat().map((record) => [record.capture_id, record])).values()];
  const byLogin = Object.groupBy(distinct, ({ identity }) =>
    identity.tags ? [...identity.tags].sort().join(",") : identity.login_name.toLowerCase(),
  );

  expect(truth.files).toBe(exports.length);
  expect(truth.records_written).toBe(read.flat().length);
  expect(truth.records_written).toBeGreaterThan(8000);
  expect(truth.distinct).toEqual(sum(distinct));
  expect(truth.distinct.requests).toBe(8000);
  expect(truth.by_login).toEqual(Object.fromEntries(Object.entries(byLogin).map(([login, records]) => [login, sum(records!)])));
  expect(Object.keys(truth.by_login)).toEqual(Object.keys(truth.by_login).sort());
});
