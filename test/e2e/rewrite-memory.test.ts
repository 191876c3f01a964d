import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createZstdCompress } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as cbor from "../aperture/cbor-build.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { temporaryFolder } from "../test-ledger.ts";

const REWRITE = join(import.meta.dirname, "rewrite-in-child.ts");
const TREATMENTS = ["keep", "drop_bodies", "redact_bodies"];

/** Rewrites an export in a process of its own. */
async function rewriteInChild(treatment: string, file: string): Promise<{ records: number; residentMiB: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [REWRITE, treatment, file, join(temporaryFolder(), "copy")]);
  return JSON.parse(stdout) as { records: number; residentMiB: number };
}

/** An export of that many conversations, each of a mebibyte that repeats little. */
async function conversations(folder: string, count: number): Promise<string> {
  const file = join(folder, `${String(count)}-1791500000.cbor.zstd`);
  const turn = (id: number): Buffer => cbor.text(Array.from({ length: 8192 }, (_, i) => ((i * 2_654_435_761 + id * 40_503) >>> 0).toString(36)).join(" "));
  const records = function* (): Generator<Buffer> {
    for (let id = 0; id < count; id++) {
      const turns = Array.from({ length: 16 }, (_, i) => turn(id * 16 + i));
      yield sampleRecord({ id: cbor.integer(id), capture: cbor.map([["requestBody", cbor.array(turns)]]) });
    }
  };
  await pipeline(Readable.from(records()), createZstdCompress(), createWriteStream(file));
  return file;
}

const [SOME, MANY] = [20, 100];

describe("rewriting an export stays under 250 MB", () => {
  let folder: string;
  let files: { some: string; many: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
    files = { some: await conversations(folder, SOME), many: await conversations(folder, MANY) };
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  test.each(TREATMENTS)("with treatment %s, and takes no more for five times as many conversations", async (treatment) => {
    const some = await rewriteInChild(treatment, files.some);
    const many = await rewriteInChild(treatment, files.many);
    expect(many.records).toBe(MANY);
    expect(many.residentMiB).toBeLessThan(250);
    // What grew with the export would have grown by 80 MiB at the least.
    expect(many.residentMiB).toBeLessThan(some.residentMiB + 40);
  });
});

describeWithFixtures("rewriting an export stays under 250 MB", ["hostile"], (pathOf) => {
  test.each(TREATMENTS)("with treatment %s, of a record of 1 GiB", async (treatment) => {
    const { records, residentMiB } = await rewriteInChild(treatment, join(pathOf("hostile"), "bomb.cbor.zstd"));
    expect(records).toBe(1);
    expect(residentMiB).toBeLessThan(250);
  });
});
