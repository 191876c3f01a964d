import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALLOCATION_VERSION } from "../../src/allocation/shares/allocation-version.ts";
import { READER_VERSION } from "../../src/aperture/reader/read-export.ts";
import { NORMALISER_VERSION } from "../../src/ingest/normaliser/normalise.ts";
import { DAY_BUILD_VERSION } from "../../src/lake/days/day-tables.ts";
import { LANDING_VERSION } from "../../src/lake/landing/landing-encoding.ts";

test("docs/upgrading.md has the versions of the rules that decide what a run makes again", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/upgrading.md"), "utf8");
  const rows = [...page.matchAll(/^\| .* \(`(\w+_VERSION)`\) \| (\d+) \|/gm)].map(([, name, version]) => [name, Number(version)]);
  const pricing = /PRICING_VERSION = (\d+)/.exec(readFileSync(join(import.meta.dirname, "../../src/prices/list/pricing-digest.ts"), "utf8"))?.[1];
  expect(Object.fromEntries(rows)).toEqual({ READER_VERSION, NORMALISER_VERSION, LANDING_VERSION, DAY_BUILD_VERSION, ALLOCATION_VERSION, PRICING_VERSION: Number(pricing) });
});
