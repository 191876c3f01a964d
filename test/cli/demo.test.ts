import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

test("the demo runs the main job on a month with everything a company has", async () => {
  const out = temporaryFolder();
  // A configuration of the user's own is none of the demo's business, its archive least of all.
  writeFileSync(join(out, "aperture-ledger.yaml"), `archive: {url: "${join(out, "precious")}"}\ntimezone: Asia/Tokyo\n`);
  const { code, stdout, stderr } = await call(["demo", "--out", out], { cwd: out });
  expect([code, stderr]).toEqual([0, ""]);

  expect(existsSync(join(out, "precious"))).toBe(false);
  const report = join(out, "lake/reports/2026-10/chargeback.html");
  expect(existsSync(report)).toBe(true);
  expect(stdout).toContain(`file://${report}`);
  const [found] = await query(`
    SELECT count(*)::INTEGER AS requests,
      count(DISTINCT caller) FILTER (caller_type = 'user')::INTEGER AS people,
      bool_or(caller = 'tag:ci' AND dimensions['repo'] IS NOT NULL) AS ci_of_repositories,
      bool_or(len(tags) > 1) AS multi_tag_devices,
      bool_or(billing = 'subscription') AS passthrough,
      bool_or(billing = 'self_hosted' AND cost_usd IS NULL AND output_tokens > 0) AS unpriced_self_hosted,
      bool_or(status_code = 429) AND bool_or(status_code = 403) AND bool_or(status_code >= 500) AS failures,
      bool_or(partial) AS interrupted
    FROM read_parquet('${out}/lake/usage/*/*.parquet')`);
  const { requests, people, ...features } = found ?? {};
  expect(requests).toBeGreaterThanOrEqual(20_000);
  expect(people).toBeGreaterThanOrEqual(30);
  expect(Object.values(features)).toEqual([true, true, true, true, true, true]);
}, 120_000);
