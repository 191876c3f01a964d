import { createWriteStream, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { expect, test } from "vitest";
import type { Hit } from "../../src/archive/search-archive.ts";
import { layout } from "../../src/lake/layout.ts";
import { head, integer, map, text } from "../aperture/cbor-build.ts";
import { callProcess } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { exportSeconds } from "./archived-records.ts";

const MIB = 1 << 20;
const FILLER = Buffer.alloc(MIB, "all work and no play ");
const RECORDS = 6;
const MIB_EACH = 40;
const NEEDLE = "the nightjar sings";

/** A record whose question has that many MiB and ends with the text that is looked for, in pieces: nothing of it is held here. */
function* largeRecord(id: number): Generator<Buffer> {
  const start = map([["id", integer(id)], ["timestamp", integer(exportSeconds(0) - 60)], ["session_id", text(`s-${String(id)}`)], ["identity", map([["login_name", text("alice@example.com")]])]]);
  const content = Buffer.from(NEEDLE);
  yield Buffer.concat([head(5, 5), start.subarray(1), text("capture"), head(5, 1), text("requestBody"), head(5, 1), text("messages"), head(4, 1), head(5, 2), text("role"), text("user"), text("content"), head(3, MIB_EACH * MIB + content.length)]);
  for (let left = MIB_EACH; left > 0; left--) yield FILLER;
  yield content;
}

function* records(): Generator<Buffer> {
  for (let id = 1; id <= RECORDS; id++) yield* largeRecord(id);
}

test("240 MiB of conversations in texts of 40 MiB are searched in less than 200 MB of memory", async () => {
  const folder = temporaryFolder();
  const seconds = exportSeconds(0);
  const file = join(folder, layout.archive("prod", new Date(seconds * 1000), `ts-aperture-export-${String(seconds)}`));
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(records()), createZstdCompress(), createWriteStream(file));
  const env = { NODE_OPTIONS: `--import=${new URL("../e2e/report-memory.ts", import.meta.url).href}` };
  const { code, stdout, stderr } = await callProcess(["archive", "search", "--lake", folder, "--scan", "--text", "NIGHTJAR", "--reason", "case 17", "--json"], { env });
  expect(code).toBe(0);
  const hits = stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Hit);
  expect(hits.map(({ position, snippet }) => [position, snippet?.endsWith(NEEDLE)])).toEqual(Array.from({ length: RECORDS }, (_, position) => [position, true]));
  expect(Number(/resident (\d+) KiB/.exec(stderr)?.[1]) / 1024).toBeLessThan(190);
});
