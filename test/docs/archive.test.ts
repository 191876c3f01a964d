import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { addDays, dayOf } from "../../src/ledger/days.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { seal, signingWith } from "../archive/sealing.ts";
import { callInShell, type CallResult } from "../cli/call.ts";
import { writeRequests } from "../request-exports.ts";
import { testLedger } from "../test-ledger.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/archive.md"), "utf8");

/** The blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
}

const [first = "", ...later] = blocks("sh");
const rotation = later.find((block) => block.includes("archive keys rotate")) ?? "";
const [byHand = ""] = blocks("bash");
const [configuration = ""] = blocks("yaml");
let root: string;
let folder: string;
let lake: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "aperture-ledger-guide-"));
  folder = join(root, "ledger");
  mkdirSync(folder);
  lake = join(folder, "lake");
  const source = join(folder, "exports");
  writeRequests(source, ["2026-10-09", "2026-10-10", "2026-10-11"].map((day) => ({ by: "ann@example.com", at: `${day}T12:00:00Z`, session: "s1" })));
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify({ sources: [{ name: "prod", url: source }], lake, ...(parse(configuration) as object) }));
  const [keys = "", ...others] = first.split("\n");
  await guided(keys);
  // Yesterday, before anything came: so the digest that is looked at has one before it.
  const key = readSigningKey(readFileSync(join(folder, "../keys/signing-key.pem"), "utf8"), "the guide's key");
  await seal(testLedger(new FsStore(source), new FsStore(lake), signingWith(key)), `${addDays(dayOf(new Date(), "UTC"), -1)}T04:00:00Z`);
  await guided(others.join("\n"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Runs what the guide says; every command has to succeed. */
async function guided(script: string, cwd = folder): Promise<string> {
  const { code, stdout, stderr } = await shell(script, cwd);
  if (code !== 0) throw new Error(`${script}\n${stdout}${stderr}`);
  return stdout;
}

async function shell(script: string, cwd: string): Promise<CallResult> {
  return await callInShell(`set -e\n${script.replaceAll("npm run -s ledger --", "$LEDGER")}`, { cwd, env: { USER: "kim@example.com" } });
}

/** The day of the newest digest. */
function newest(): string {
  return readdirSync(join(lake, "archive/prod/_digests")).toSorted().at(-1)?.slice(0, "YYYY-MM-DD".length) ?? "";
}

/** What the guide prints of today's digest, line by line. */
async function checkByHand(): Promise<string[]> {
  copyFileSync(join(folder, "../keys/signing-key.pub.pem"), join(lake, "signing-key.pub.pem"));
  const { stdout } = await shell(byHand.replace(/day=\S+/, `day=${newest()}`).replace(/^/, "set +e\n"), lake);
  return stdout.trimEnd().split("\n");
}

test("its commands seal what arrived, and verify finds nothing", async () => {
  const report = JSON.parse(await guided("$LEDGER archive verify --json")) as object;
  expect(report).toMatchObject({ verified: true, gateways: [{ instance: "prod", digests: 2, exports: { listed: 3 }, receipts: 3 }] });
});

describe("its check by hand", () => {
  test("agrees line by line with what was sealed", async () => {
    const [key, named, signature, before, previous, merkleRoot, signed, ...files] = await checkByHand();
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(named).toBe(key);
    expect(signature).toBe("Signature Verified Successfully");
    expect(before?.split(" ")[0]).toBe(previous);
    expect(merkleRoot).toMatch(/^[0-9a-f]{64}$/);
    expect(signed).toBe(merkleRoot);
    expect(files).toHaveLength(3);
    for (const file of files) expect(file).toMatch(/^archive\/prod\/2026\/10\/\S+\.cbor\.zstd: OK$/);
  });

  test("agrees for a digest whose key signed the SHA-256 of the header, and sees a header that was altered", async () => {
    const file = join(lake, `archive/prod/_digests/${newest()}.json`);
    const kept = readFileSync(file);
    const { header, exports, events } = JSON.parse(kept.toString()) as Digest;
    const key = readSigningKey(readFileSync(join(folder, "../keys/signing-key.pem"), "utf8"), "the guide's key");
    const signed = { ...(await signHeader(header, { ...key, longest: 1 })), exports, events };
    writeFileSync(file, canonicalBytes(signed));
    expect((await checkByHand())[2]).toBe("Signature Verified Successfully");
    writeFileSync(file, canonicalBytes({ ...signed, header: { ...header, number: 7 } }));
    expect((await checkByHand())[2]).toBe("Signature Verification Failure");
    writeFileSync(file, kept);
  });

  test("sees a copy that was altered, and a list that was", async () => {
    const digest = join(lake, `archive/prod/_digests/${newest()}.json`);
    const { exports } = JSON.parse(readFileSync(digest, "utf8")) as { exports: { key: string; size: number }[] };
    const [{ key, size } = { key: "", size: 0 }] = exports;
    const kept = { copy: readFileSync(join(lake, key)), digest: readFileSync(digest, "utf8") };
    writeFileSync(join(lake, key), "altered");
    expect((await checkByHand()).filter((line) => line.endsWith(": FAILED"))).toEqual([`${key}: FAILED`]);
    writeFileSync(join(lake, key), kept.copy);
    writeFileSync(digest, kept.digest.replace(`"size":${String(size)}`, `"size":${String(size + 1)}`));
    const lines = await checkByHand();
    expect(lines[2]).toBe("Signature Verified Successfully");
    expect(lines[5]).not.toBe(lines[6]);
    writeFileSync(digest, kept.digest);
  });
});

describe("what its table of --json names is what is printed", () => {
  const rows = new Map([...GUIDE.matchAll(/^\| (`(?:archive|status)[^|]*) \| (.+) \|$/gm)].map(([, command = "", members = ""]) => [command, members]));

  test.each<[row: string, call: string]>([
    ["`archive keys`", "archive keys --out ../more-keys"],
    ["`archive keys`", "archive keys --show"],
    ["`archive seal`", "archive seal"],
    ["`archive hold add`, `release`", 'archive hold add --caller ann@example.com --reason "case 7"'],
    ["`archive hold list`", "archive hold list"],
    ["`archive due`", "archive due"],
    ["`archive purge`", "archive purge"],
    ["`archive extract`", "archive extract --session s1 --out s1.ndjson"],
    ["`archive verify-proof`", "archive verify-proof --public-key ../keys/signing-key.pub.pem --proofs s1.ndjson.proofs.json"],
  ])("%s: %s", async (row, command) => {
    const members = new Set([...(rows.get(row) ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const printed = JSON.parse(await guided(`$LEDGER ${command} --json`)) as object;
    expect(Object.keys(printed)).not.toEqual([]);
    for (const name of Object.keys(printed)) expect(members).toContain(name);
  });
});

test("its rotation is recorded, and verify trusts both keys", async () => {
  expect(await guided(rotation)).toMatch(/^rotated .*\nrecorded +prod: archive\/prod\/_events\/\S+-rotation-/m);
  const report = JSON.parse(await guided("$LEDGER archive verify --public-key ../new-keys/signing-key.pub.pem --json")) as { trusted_keys: string[] };
  expect(report).toMatchObject({ verified: true });
  expect(report.trusted_keys).toHaveLength(2);
});
