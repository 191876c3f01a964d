import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { expect, test } from "vitest";
import { configSchema } from "../../src/config/config.ts";
import { findInDimensions } from "../../src/cli/doctor/doctor-dimensions.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

interface Sent {
  dollars: number | null;
  headers: Record<string, string[]>;
}

/** What doctor finds in a ledger of these requests. */
async function found(requests: readonly Sent[]): Promise<string[]> {
  const [source, lake] = [temporaryFolder(), temporaryFolder()];
  const records = requests.map(({ dollars, headers }, index) => ({
    id: index + 1,
    capture_id: `c${String(index)}`,
    timestamp: "2026-10-05T10:00:00Z",
    identity: { login_name: "ann@example.com" },
    model: "anthropic/claude-opus-4-8",
    usage: { input_tokens: 1, output_tokens: 1 },
    ...(dollars === null ? {} : { estimated_cost: { dollars } }),
    status_code: 200,
    capture: { requestHeaders: { "User-Agent": ["claude-cli/1"], ...headers } },
  }));
  writeFileSync(join(source, "ts-aperture-export-1791200000.cbor.zstd"), zstdCompressSync(Buffer.concat(records.map((record) => encode(record)))));
  await runOnce(testLedger(new FsStore(source), new FsStore(lake)));
  const config = configSchema.parse({ lake, dimensions: { repo: "X-Github-Repository", team: "X-Team" } });
  return (await findInDimensions(config)).map(({ state, finding }) => `${state} ${finding}`);
}

test("doctor says what share of the spend has each dimension, and names headers that none reads", async () => {
  const secret = ["Bearer never-shown"];
  expect(
    await found([
      { dollars: 3, headers: { "X-Github-Repository": ["acme/web"], "X-Ticket": ["ABC-1 never-shown"], Authorization: secret, "X-Stainless-Lang": ["js"] } },
      { dollars: 1, headers: { "x-ticket": ["ABC-2"], "X-Branch": ["main"], Cookie: secret, "odd name": ["x"], [`X-${"a".repeat(64)}`]: ["x"] } },
      { dollars: 0.004, headers: {} },
    ]),
  ).toEqual([
    "ok 74 % of the spend and 33 % of the requests of the newest days have repo",
    "attention no request of the newest days has team",
    "ok the newest export of prod has request headers that no dimension reads: x-ticket (66 % of requests), x-branch (33 % of requests)",
  ]);
});

test("of the spend nothing is said where nothing has a price", async () => {
  expect((await found([{ dollars: null, headers: { "X-Github-Repository": ["acme/web"] } }, { dollars: null, headers: {} }]))[0]).toBe("ok 50 % of the requests of the newest days have repo");
});
