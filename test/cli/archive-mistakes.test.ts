import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { KEY, KEY_PEM } from "../archive/retained-archive.ts";
import { sealCopies } from "../archive/sealed-at-once.ts";
import { contentsOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { call, type CallResult } from "./call.ts";

let folder: string;
let lake: FsStore;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-mistakes-"));
  lake = new FsStore(join(folder, "lake"));
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: "2024-03-05T08:00:00Z" }, { by: "", at: "2024-03-05T09:00:00Z" }]);
  writeFileSync(join(folder, "key.pem"), KEY_PEM);
  const other = generateKeys();
  writeFileSync(join(folder, "other.pem"), other.privateKey);
  const config = (key: string): string =>
    stringify({ sources: [{ name: "prod", url: join(folder, "exports") }], lake: join(folder, "lake"), archive: { signing_key: join(folder, key) } });
  writeFileSync(join(folder, "aperture-ledger.yaml"), config("key.pem"));
  writeFileSync(join(folder, "other.yaml"), config("other.pem"));
  writeFileSync(join(folder, "unreadable.yaml"), config("not-mine.pem"));
  const { code, stderr } = await ledger("run");
  if (code !== 0) throw new Error(stderr);
  await sealCopies(lake, KEY, "2024-04-01");
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder, env: { USER: "kim@example.com" } });
}

describe("a mistake in a call is no answer about the archive", () => {
  test.each<[string, string[], RegExp]>([
    ["a hold on a caller whose variable is not set, which would mean everybody unknown", ["hold", "add", "--caller", "", "--reason", "x"], /caller is empty[\s\S]*leave it out/],
    ["a hold on no session", ["hold", "add", "--session", " ", "--reason", "x"], /session is empty/],
    ["an extraction of a caller whose variable is not set", ["extract", "--caller", ""], /caller is empty/],
    ["an extraction of no session", ["extract", "--session", ""], /session is empty/],
    ["an extraction of no request", ["extract", "--capture", ""], /--capture is empty/],
    ["an extraction of a gateway that was mistyped", ["extract", "--instance", "porod"], /no gateway "porod" in file:\S+[\s\S]*gateways are prod/],
    ["the same without a lake", ["extract", "--scan", "--instance", "porod"], /no gateway "porod"/],
    ["a head that is no hash, which no chain contains", ["verify", "--head", "abc"], /--head "abc" is not a SHA-256[\s\S]*64 hexadecimal digits/],
    ["a report of a verification that only prints a script", ["verify", "--print-script", "--timestamp-roots", "roots.pem"], /--timestamp-roots has no meaning with --print-script[\s\S]*when it runs/],
  ])("%s", async (_name, args, message) => {
    const before = await contentsOf(lake, "");
    const { code, stdout, stderr } = await ledger("archive", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(await contentsOf(lake, "")).toEqual(before);
  });
});

test("a hold that nothing fits says that it may be a mistake", async () => {
  const { code, stdout } = await ledger("archive", "hold", "add", "--caller", "anna@example.com", "--reason", "case 7");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^attention {4}no ingested record matches it so far/m);
  expect((await ledger("archive", "hold", "add", "--caller", "ann@example.com", "--reason", "case 7")).stdout).not.toContain("attention");
});

describe("a chain that was left behind", () => {
  test("is told of by status and doctor, with the day", async () => {
    expect((await ledger("status")).stdout).toMatch(/^attention {4}prod has not been sealed since 2024-04-01: call aperture-ledger archive seal each day$/m);
    expect((await ledger("doctor")).stdout).toMatch(/^attention archive chain: prod has not been sealed since 2024-04-01\n +→ call aperture-ledger archive seal/m);
  });

  test("is told of by doctor where another key is configured than the one it goes on under", async () => {
    const { code, stdout } = await ledger("doctor", "--config", "other.yaml");
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^FAILED +archive key: it is \\S+, and the chain of prod is signed by ${KEY.publicKey}, which no rotation links to it`, "m"));
  });

  test("is sealed when somebody says that so many days later is now, and no longer told of then", async () => {
    const refused = await ledger("archive", "seal");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("[clock_doubtful]") as string });
    expect(refused.stderr).toContain("prod was last sealed for 2024-04-01");
    expect((await ledger("archive", "seal", "--clock-is-right", "--by", "kim@example.com")).code).toBe(0);
    expect((await ledger("status")).stdout).not.toContain("not sealed");
    expect((await ledger("doctor")).stdout).not.toContain("archive chain");
  });
});

test.each([["status"], ["limits"], ["explain", "--month", "2024-03", "--team", "(unallocated)"]])("%s needs no private key, which is for few", async (...args) => {
  const { code, stderr } = await ledger(...args, "--config", "unreadable.yaml");
  expect(stderr).not.toContain("key_unusable");
  expect(code).toBe(0);
});

test("what was not looked at is not called unaltered", async () => {
  expect((await ledger("archive", "verify", "--sample", "0")).stdout).toMatch(/^not checked .*\nverified +nothing is missing or altered in what was checked$/m);
});
