import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import type { Bodies } from "../../src/archive/archiving.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { exportManifest, type ExportManifest } from "../../src/lake/landing/export-manifest.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { EXPORT_SECONDS, sampleRecord } from "../aperture/sample-record.ts";
import { contentOf } from "../aperture/rewritten.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { HookedStore } from "../hooked-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { query } from "../query.ts";
import { tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { keysOf } from "../keys-of.ts";
import { copiesOf } from "../archived-copies.ts";
import { changeLedger, type LedgerChanges } from "../change-ledger.ts";

const NAME = `ts-aperture-export-${String(EXPORT_SECONDS)}.cbor.zstd`;
const PROMPT = "the prompt nobody should read";
const SECRET = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz";

/** A record in whose every body somebody says something. */
function conversation(id: number, said: string, changes: Record<string, Buffer> = {}): Buffer {
  const body = cbor.map([["messages", cbor.array([cbor.map([["role", cbor.text("user")], ["content", cbor.text(said)]])])]]);
  const capture = cbor.map([
    ["requestHeaders", cbor.map([["User-Agent", cbor.array([cbor.text("claude-cli/2.0")])], ["X-Github-Repository", cbor.array([cbor.text("acme/web")])]])],
    ["requestBody", body],
    ["responseBody", body],
    ["rawRequestBody", cbor.bytes(Buffer.from(JSON.stringify({ said })))],
    ["rawResponseBody", cbor.NULL],
    ["toolUseData", cbor.array([body])],
  ]);
  return sampleRecord({ id: cbor.integer(id), capture_id: cbor.text(`cap-${String(id)}`), capture, ...changes });
}

const SAID = `${PROMPT}, with ${SECRET}`;
/** Two requests, one that is quarantined with all it says, and one that is cut off in the middle of a sentence. */
const DAMAGED = Buffer.concat([
  conversation(1, SAID),
  conversation(2, SAID, { timestamp: cbor.text("no time") }),
  conversation(3, SAID),
  conversation(4, SAID).subarray(0, -40),
]);

interface TestLake {
  source: string;
  lake: FsStore;
  place: string;
  ledger: (bodies: Bodies, changes?: LedgerChanges) => Ledger;
  run: (bodies: Bodies, changes?: LedgerChanges) => Promise<RunSummary>;
}

function lakeOf(content: Buffer | undefined): TestLake {
  const source = temporaryFolder();
  const place = temporaryFolder();
  const lake = new FsStore(place);
  if (content !== undefined) writeFileSync(join(source, NAME), zstdCompressSync(content));
  const ledger = (bodies: Bodies, changes: LedgerChanges = {}): Ledger =>
    testLedger(new FsStore(source), lake, { work: { archiving: { ...PLAIN_ARCHIVE, bodies } } }, changes);
  return { source, lake, place, ledger, run: async (bodies, changes) => await runOnce(ledger(bodies, changes)) };
}

const KEEP: Bodies = { kept: "keep" };
const DROP: Bodies = { kept: "drop" };
const REDACT: Bodies = { kept: "redact", patterns: [{ name: "prompt", pattern: PROMPT }] };

async function manifestsOf(lake: ObjectStore): Promise<ExportManifest[]> {
  const keys = await keysOf(lake, "_ledger/exports/");
  return await Promise.all(keys.map(async (key) => exportManifest.parse(JSON.parse(Buffer.from(await lake.read(key)).toString()))));
}

/** All that can be read of an object, whatever it is packed in. */
async function readable(place: string, key: string): Promise<string> {
  const path = join(place, key);
  if (key.endsWith(".cbor.zstd")) return (await contentOf(path)).toString("latin1");
  if (key.endsWith(".parquet")) return JSON.stringify(await query(`SELECT * FROM read_parquet('${path}')`));
  const text = readFileSync(path, "utf8");
  if (!key.endsWith(".ndjson")) return text;
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as QuarantineLine);
  return text + lines.map(({ cbor_zstd }) => zstdDecompressSync(Buffer.from(cbor_zstd, "base64")).toString("latin1")).join("");
}

async function everythingIn(lake: FsStore, place: string): Promise<string> {
  const texts = await Promise.all((await keysOf(lake)).map((key) => readable(place, key)));
  return texts.join("\n");
}

const WITHOUT = [["dropped", DROP], ["redacted", REDACT]] as const;

describe.each(WITHOUT)("exports whose bodies are %s", (_how, bodies) => {
  test("leave nothing of what was said in archive and lake, and the tables as they are with bodies", async () => {
    const [kept, less] = [lakeOf(DAMAGED), lakeOf(DAMAGED)];
    const before = await kept.run(KEEP);
    const { records, totals } = await less.run(bodies);
    expect({ records, totals }).toEqual({ records: before.records, totals: before.totals });
    expect(records).toMatchObject({ read: 3, accepted: 2, quarantined: 1 });
    expect(await tableDigests(less.lake)).toEqual(await tableDigests(kept.lake));
    expect(await everythingIn(kept.lake, kept.place)).toContain(PROMPT);
    const left = await everythingIn(less.lake, less.place);
    for (const said of [PROMPT, SECRET]) expect(left).not.toContain(said);
  });

  test("are damaged where what arrived was, and say what arrived and what is kept", async () => {
    const [kept, less] = [lakeOf(DAMAGED), lakeOf(DAMAGED)];
    await kept.run(KEEP);
    await less.run(bodies);
    const [[original], [manifest]] = [await manifestsOf(kept.lake), await manifestsOf(less.lake)];
    expect(original).toMatchObject({ arrived: null, bodies: "keep", damage: { code: "cbor_truncated" } });
    const object = readFileSync(join(less.source, NAME));
    const arrived = { size: object.length, sha256: createHash("sha256").update(object).digest("hex") };
    expect(manifest).toMatchObject({ arrived, bodies: bodies.kept, damage: original?.damage });
    const copy = readFileSync(join(less.place, manifest?.archive.key ?? ""));
    expect(manifest?.archive).toMatchObject({ size: copy.length, sha256: createHash("sha256").update(copy).digest("hex") });
  });

  test("are not ingested again, neither by a second run nor under another setting", async () => {
    const { lake, run } = lakeOf(DAMAGED);
    await run(bodies);
    const before = await tableDigests(lake, [""]);
    for (const setting of [bodies, KEEP]) expect(await run(setting)).toMatchObject({ exports: { ingested: 0, skipped: 1 } });
    expect(await tableDigests(lake, [""])).toEqual(before);
  });

  test("are made again from the archive alone, to the byte, with the damage of what arrived", async () => {
    const { source, lake, run } = lakeOf(DAMAGED);
    await run(bodies);
    const files = ["usage/", "rollups/", "landing/", "quarantine/", "archive/"];
    const [before, manifests] = [await tableDigests(lake, files), await manifestsOf(lake)];
    await new FsStore(source).remove(NAME);
    for (const prefix of ["landing/", "usage/", "rollups/", "quarantine/", "_ledger/days/"]) for (const key of await keysOf(lake, prefix)) await lake.remove(key);
    await run(KEEP);
    expect(await tableDigests(lake, files)).toEqual(before);
    const [manifest] = await manifestsOf(lake);
    expect(manifest).toMatchObject({ arrived: manifests[0]?.arrived, bodies: bodies.kept, damage: manifests[0]?.damage, records: manifests[0]?.records });
  });

  test("are told apart when one replaces another, also where both leave the same copy", async () => {
    const { source, lake, run } = lakeOf(conversation(1, `${PROMPT} one`));
    await run(bodies);
    writeFileSync(join(source, NAME), zstdCompressSync(conversation(1, `${PROMPT}, ${PROMPT}`)));
    expect(await run(bodies)).toMatchObject({ exports: { ingested: 1 }, records: { read: 2, duplicates: 1 } });
    expect((await manifestsOf(lake)).map(({ version }) => version)).toEqual([0, 1]);
    expect(await copiesOf(lake)).toHaveLength(2);
    expect(await run(bodies)).toMatchObject({ exports: { ingested: 0 } });
  });

  test("are the same exports when they are seen in another place, under whatever setting", async () => {
    const { source, lake, run } = lakeOf(DAMAGED);
    await run(bodies);
    for (const [folder, setting] of [["one", bodies], ["two", KEEP], ["three", DROP]] as const) {
      cpSync(join(source, NAME), join(source, folder, NAME));
      await run(setting);
    }
    const manifests = await manifestsOf(lake);
    expect(manifests).toHaveLength(1);
    expect(manifests[0]?.sources).toHaveLength(4);
    expect(manifests[0]).toMatchObject({ bodies: bodies.kept, damage: { code: "cbor_truncated" } });
    expect(await copiesOf(lake)).toHaveLength(1);
  });

  test("whose copy was lost are copied again as before, whatever the setting is by now", async () => {
    const { lake, run } = lakeOf(DAMAGED);
    await run(bodies);
    const before = await tableDigests(lake, ["archive/", "usage/"]);
    for (const key of await keysOf(lake, "archive/")) await lake.remove(key);
    await run(bodies.kept === "drop" ? KEEP : bodies);
    expect(await tableDigests(lake, ["archive/", "usage/"])).toEqual(before);
  });

  test.each(["landing/", "quarantine/", "_ledger/exports/"])("of a run that ended at %s are one export for the next", async (place) => {
    const { lake, ledger, run } = lakeOf(DAMAGED);
    const whole = lakeOf(DAMAGED);
    await whole.run(bodies);
    const stopping = new HookedStore(lake, (operation, key) => {
      if (operation !== "list" && operation !== "head" && operation !== "read" && key.startsWith(place)) throw new Error("ended");
    });
    await expect(runOnce(changeLedger(ledger(bodies), { stores: { lake: stopping } }))).rejects.toMatchObject({ code: "exports_failed" });
    await run(bodies);
    expect(await copiesOf(lake)).toHaveLength(1);
    expect(await manifestsOf(lake)).toMatchObject([{ arrived: { size: expect.any(Number) as number }, bodies: bodies.kept }]);
    expect(await tableDigests(lake)).toEqual(await tableDigests(whole.lake));
    expect(await run(bodies)).toMatchObject({ exports: { ingested: 0 } });
  });

  test("whose manifests were lost have them again from their receipts", async () => {
    const { source, lake, run } = lakeOf(DAMAGED);
    await run(bodies);
    const [before] = await manifestsOf(lake);
    const { archive, arrived = null, instance = "", damage = null } = before ?? {};
    const { key = "", size = 0, sha256 = "" } = archive ?? {};
    const header = { format: 1, instance, key, received_at: "2026-10-08T00:00:00Z", arrived, kept: { size, sha256 }, bodies: bodies.kept, damage, retention: null };
    await lake.create(archiveLayout.receipt(key), canonicalBytes(await signHeader(header, undefined)));
    await new FsStore(source).remove(NAME);
    for (const lost of await keysOf(lake, "_ledger/")) await lake.remove(lost);
    await run(KEEP);
    expect(await manifestsOf(lake)).toMatchObject([{ arrived, bodies: bodies.kept, damage, archive: { sha256 } }]);
  });
});

describeWithFixtures("exports written by other programs", ["bodies", "hostile"], () => {
  test.each(WITHOUT)("leave the same tables when their bodies are %s", async (_how, bodies) => {
    const [kept, less] = [lakeOf(undefined), lakeOf(undefined)];
    const [conversations, hostile] = [fixture("bodies") ?? "", fixture("hostile") ?? ""];
    for (const { source } of [kept, less]) {
      const names = ["truncated", "cut-record", "bad-checksum", "not-a-map", "indefinite", "bad-cost", "not-zstd", "zero-bytes"];
      for (const [i, name] of names.entries()) cpSync(join(hostile, `${name}.cbor.zstd`), join(source, `ts-aperture-export-${String(EXPORT_SECONDS + i)}.cbor.zstd`));
      cpSync(join(conversations, "ts-aperture-export-1791230400.cbor.zstd"), join(source, "ts-aperture-export-1791230400.cbor.zstd"));
    }
    const [before, after] = [await kept.run(KEEP), await less.run(bodies)];
    expect(after).toMatchObject({ exports: before.exports, records: before.records, totals: before.totals });
    expect(await tableDigests(less.lake)).toEqual(await tableDigests(kept.lake));
    expect((await manifestsOf(less.lake)).map(({ damage }) => damage)).toEqual((await manifestsOf(kept.lake)).map(({ damage }) => damage));
  }, 600_000);
});
