import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import { exportManifest } from "../../src/lake/landing/export-manifest.ts";
import { readJson } from "../../src/lake/json-object.ts";
import { formatDollars, nanodollarsOfFloat } from "../../src/ledger/money.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { query } from "../query.ts";
import { runs } from "./runs.ts";
import { tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

interface Request {
  id: number;
  valid: boolean;
  minute: number;
  login: string;
  tokens: number;
  dollars: number | null;
}

const FIRST_EXPORT = 1_791_500_000;
/** Earlier than the first export by more than three days, so that no record is too young for any. */
const FIRST_MINUTE = Date.UTC(2026, 9, 1, 22) / 60_000;

const oneRequest = fc.record({
  minute: fc.integer({ min: 0, max: 3 * 24 * 60 }),
  login: fc.constantFrom("a@example.com", "B@Example.com", "tag:ci", "tag:api,tag:prod"),
  tokens: fc.integer({ min: 0, max: 1_000_000 }),
  dollars: fc.option(fc.double({ min: 0, max: 1000, noNaN: true }), { nil: null }),
});
const requests = fc
  .array(fc.tuple(oneRequest, fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 40 })
  .map((all) => all.map(([one, luck], id): Request => ({ ...one, id, valid: luck > 0 })));

function encodeRequest({ id, valid, minute, login, tokens, dollars }: Request): Uint8Array {
  return encode({
    id,
    ver: 2,
    timestamp: new Date((FIRST_MINUTE + minute) * 60_000).toISOString(),
    identity: { login_name: login, stable_node_id: "n1" },
    model: "claude-sonnet-4-6",
    usage: { input_tokens: valid ? tokens : -1, output_tokens: 1 },
    ...(dollars === null ? {} : { estimated_cost: { dollars, cost_basis: "anthropic/claude-sonnet-4-6" } }),
    capture_id: id % 3 === 0 ? null : `capture-${id}`,
    status_code: 200,
  });
}

/** How the requests are put into exports: places of requests, some more than once, cut into files. */
const packing = (count: number): fc.Arbitrary<number[][]> =>
  fc
    .tuple(
      fc.shuffledSubarray(Array.from({ length: count }, (_, place) => place), { minLength: count }),
      fc.array(fc.nat(count - 1), { maxLength: 10 }),
      fc.integer({ min: 1, max: 12 }),
    )
    .map(([order, again, size]) => {
      const places = [...order, ...again];
      return Array.from({ length: Math.ceil(places.length / size) }, (_, file) => places.slice(file * size, (file + 1) * size));
    });

async function ledgerOf(all: readonly Request[], exports: readonly (readonly number[])[], batches: number): Promise<{ summary: RunSummary; folder: string }> {
  const source = temporaryFolder();
  const folder = temporaryFolder();
  const ledger = testLedger(new FsStore(source), new FsStore(folder));
  let summary = await runOnce(ledger);
  for (const [index, places] of exports.entries()) {
    const content = Buffer.concat(places.flatMap((place) => all.slice(place, place + 1).map(encodeRequest)));
    writeFileSync(join(source, `ts-aperture-export-${FIRST_EXPORT + index}.cbor.zstd`), zstdCompressSync(content));
    if (index % Math.ceil(exports.length / batches) === 0) summary = await expectBalanced(ledger);
  }
  summary = await expectBalanced(ledger);
  return { summary, folder };
}

/** accepted + quarantined = read, and read = what the manifests say. */
async function expectBalanced(ledger: ReturnType<typeof testLedger>): Promise<RunSummary> {
  const summary = await runOnce(ledger);
  const { read, accepted, quarantined, duplicates } = summary.records;
  expect(accepted + quarantined).toBe(read);
  expect(accepted - duplicates).toBe(summary.totals.requests);
  let manifested = 0;
  for await (const { key } of ledger.stores.lake.list("_ledger/exports/")) {
    manifested += (await readJson(ledger.stores.lake, key, exportManifest)).records.read;
  }
  expect(manifested).toBe(read);
  return summary;
}

describe("totals of a ledger", () => {
  test("do not depend on order, batching or duplication of the records", async () => {
    const cases = requests.chain((all) => fc.tuple(fc.constant(all), packing(all.length), packing(all.length), fc.integer({ min: 1, max: 3 })));
    await fc.assert(
      fc.asyncProperty(cases, async ([all, one, other, times]) => {
        const valid = all.filter((request) => request.valid);
        const cost = valid.reduce((sum, { dollars }) => sum + (dollars === null ? 0n : nanodollarsOfFloat(dollars)), 0n);
        const tokens = valid.reduce((sum, request) => sum + request.tokens, 0);
        for (const [exports, batches] of [[one, 1], [other, times]] as const) {
          const { summary, folder } = await ledgerOf(all, exports, batches);
          expect(summary.totals).toMatchObject({
            requests: valid.length,
            cost_usd: formatDollars(cost),
            unpriced_requests: valid.filter(({ dollars }) => dollars === null).length,
          });
          if (valid.length === 0) continue;
          const [sums] = await query(`SELECT sum(input_tokens)::DOUBLE tokens FROM read_parquet('${folder}/rollups/*/*.parquet')`);
          expect(sums).toEqual({ tokens });
        }
      }),
      runs(12),
    );
  }, 600_000);
});

describe("of duplicates", () => {
  test("the one from the last export wins, whichever arrived last", async () => {
    const early: Request = { id: 1, valid: true, minute: 10, login: "a@example.com", tokens: 1, dollars: 1 };
    const late: Request = { ...early, tokens: 2, dollars: 2 };
    const digests = [];
    for (const order of [[0, 1], [1, 0]]) {
      const source = temporaryFolder();
      const folder = temporaryFolder();
      const ledger = testLedger(new FsStore(source), new FsStore(folder));
      for (const index of order) {
        const content = encodeRequest(index === 0 ? early : late);
        writeFileSync(join(source, `ts-aperture-export-${FIRST_EXPORT + index}.cbor.zstd`), zstdCompressSync(content));
        await runOnce(ledger);
      }
      expect((await runOnce(ledger)).totals.cost_usd).toBe("2.000000000");
      digests.push(await tableDigests(ledger.stores.lake));
    }
    expect(digests[0]).toEqual(digests[1]);
  });
});
