import { join } from "node:path";
import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { eraseLanding, JSONS, TEXTS } from "../../src/lake/landing/erase-landing.ts";
import { LANDING_COLUMNS } from "../../src/lake/landing/landing-columns.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { sampleRequest } from "../ingest/sample-request.ts";

const LOGIN = "alice@example.com";
const GONE = "erased-0123456789abcdef@example.com";
const RULES = { instance: "prod", gateway: [], dimensions: new Map([["repo", "x-repo"]]) };
const NO_TEXT_OF_THE_REQUEST = ["instance", "caller_type", "tags", "cost_source", "price_version", "billing", "export", "service_tier", "speed", "inference_geo", "large_counts"];

test("every text of a landing file is looked through, or is none of the request's", () => {
  const texts = LANDING_COLUMNS.filter(({ storage }) => storage === "text" || storage === "own_text").map(({ name }) => name);
  const known = ["caller", "node_id", ...TEXTS, ...JSONS, ...NO_TEXT_OF_THE_REQUEST];
  expect(texts.toSorted()).toEqual(known.toSorted());
});

test("a login goes out of the names of counts and the values of dimensions, and counts of one name become one", async () => {
  const folder = temporaryFolder();
  const normalise = normaliser("x.cbor.zstd", RULES);
  const writer = new LandingWriter(folder, { time: new Date("2026-10-08T00:00:00Z"), version: 0 });
  const unknownCounts = new Map([["zeta", 1], [`of ${LOGIN}`, 2.5], ["of alice%40example.com", 3]]);
  writer.add(normalise(sampleRequest({ login: LOGIN, unknownCounts, headers: { "x-repo": `acme/${LOGIN}` } })), 0);
  writer.add(normalise(sampleRequest({ id: 2n, login: "bob@example.com", unknownCounts })), 1);
  const [landed] = writer.finish();
  const out = join(folder, "out.parquet");
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    await eraseLanding(duck, landed?.file ?? "", out, (caller) => (caller === LOGIN ? { login: LOGIN, pseudonym: GONE, until: 9e15 } : undefined));
  });
  expect(await query(`SELECT caller, unknown_counts, dimensions FROM read_parquet('${out}')`)).toEqual([
    { caller: GONE, unknown_counts: JSON.stringify([{ name: `of ${GONE}`, count: "5.500000" }, { name: "zeta", count: "1" }]), dimensions: JSON.stringify({ repo: `acme/${GONE}` }) },
    { caller: "bob@example.com", unknown_counts: JSON.stringify([{ name: "of alice%40example.com", count: "3" }, { name: `of ${LOGIN}`, count: "2.500000" }, { name: "zeta", count: "1" }]), dimensions: "{}" },
  ]);
});
