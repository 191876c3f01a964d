import { createHash, type Hash } from "node:crypto";
import { closeSync, createWriteStream, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { expect, test } from "vitest";
import { LARGEST_AS_JSON } from "../../src/archive/extracting/record-writers.ts";
import { layout } from "../../src/lake/layout.ts";
import { head, integer, map, text } from "../aperture/cbor-build.ts";
import { callProcess } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { exportSeconds } from "./archived-records.ts";

const MIB = 1 << 20;
const BODY = Buffer.alloc(MIB, "ä");

/** A record with a text of that many MiB as its last value, in pieces: nothing of it is held here. */
function* largeRecord(id: number, mebibytes: number): Generator<Buffer> {
  const start = map([["id", integer(id)], ["timestamp", integer(exportSeconds(0) - 60)], ["identity", map([["login_name", text("alice@example.com")]])]]);
  yield Buffer.concat([head(5, 4), start.subarray(1), text("body"), head(3, mebibytes * MIB)]);
  for (let left = mebibytes; left > 0; left--) yield BODY;
}

const AS_BYTES = LARGEST_AS_JSON / MIB;

function* records(): Generator<Buffer> {
  for (const [id, mebibytes] of [...Array.from({ length: 9 }, () => 30), AS_BYTES].entries()) yield* largeRecord(id, mebibytes);
}

/** SHA-256 of what the base64 in a range of a file stands for. */
function hashOfBase64(file: string, from: number, length: number): string {
  const hash: Hash = createHash("sha256");
  const handle = openSync(file, "r");
  const piece = Buffer.alloc(4 * 65_536);
  for (let at = 0; at < length; at += piece.length) {
    const read = readSync(handle, piece, 0, Math.min(piece.length, length - at), from + at);
    hash.update(Buffer.from(piece.toString("latin1", 0, read), "base64"));
  }
  closeSync(handle);
  return hash.digest("hex");
}

test("300 MiB of records are extracted in less than 300 MB of memory, and a record over 32 MiB is written as its bytes", async () => {
  const folder = temporaryFolder();
  const seconds = exportSeconds(0);
  const file = join(folder, layout.archive("prod", new Date(seconds * 1000), `ts-aperture-export-${String(seconds)}`));
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(records()), createZstdCompress(), createWriteStream(file));
  const out = join(temporaryFolder(), "records.ndjson");
  const env = { NODE_OPTIONS: `--import=${new URL("../e2e/report-memory.ts", import.meta.url).href}` };
  const { code, stderr } = await callProcess(["archive", "extract", "--lake", folder, "--scan", "--out", out], { env });
  expect(code).toBe(0);
  expect(Number(/resident (\d+) KiB/.exec(stderr)?.[1])).toBeLessThan(300 * 1024);

  const expected = createHash("sha256");
  let length = 0;
  for (const piece of largeRecord(9, AS_BYTES)) {
    expected.update(piece);
    length += piece.length;
  }
  const sha256 = expected.digest("hex");
  const encoded = 4 * Math.ceil(length / 3);
  const end = `","sha256":"${sha256}"}\n`;
  expect(hashOfBase64(out, statSync(out).size - end.length - encoded, encoded)).toBe(sha256);
});
