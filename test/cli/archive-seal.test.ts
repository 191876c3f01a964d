import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import canonicalize from "canonicalize";
import { archiveLayout } from "../../src/lake/layout.ts";
import type { SealedArchive } from "../../src/archive/seal-archive.ts";
import type { LedgerStatus } from "../../src/run/ledger-status.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { PAIR, sha256 } from "../archive/sealing.ts";
import { lockedPlace, locksOf } from "../contract/locked-place.ts";
import { keysOf } from "../keys-of.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

let folders: { source: string; lake: string; auditor: string };

beforeEach(async () => {
  folders = { source: temporaryFolder(), lake: temporaryFolder(), auditor: temporaryFolder() };
  writeRequests(folders.source, [{ by: "ann@example.com", at: "2026-10-10T12:00:00Z" }]);
  await ledger("run");
});

async function ledger(...args: string[]): Promise<CallResult> {
  const places = ["--source", folders.source, "--instance", "prod", "--lake", folders.lake];
  return await call([...args, ...places], { cwd: folders.auditor, env: { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey } });
}

async function sealAndRead(): Promise<{ sealed: SealedArchive; file: string; digest: Digest }> {
  const sealed = JSON.parse((await ledger("archive", "seal", "--json")).stdout) as SealedArchive;
  const file = join(folders.lake, archiveLayout.digest("prod", sealed.gateways[0]!.sealed_up_to));
  return { sealed, file, digest: JSON.parse(await readFile(file, "utf8")) as Digest };
}

describe("aperture-ledger archive seal", () => {
  test("makes a digest of today, then says that there is one and what waits; status says so too", async () => {
    const before = JSON.parse((await ledger("status", "--json")).stdout) as LedgerStatus;
    expect(before.archive).toEqual([]);
    const first = await ledger("archive", "seal");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sealed {7}prod \d{4}-\d\d-\d\d: digest 1 lists 1 exports and 0 events, SHA-256 [0-9a-f]{64}$/m) as string });
    writeRequests(folders.source, [{ by: "ann@example.com", at: "2026-10-11T12:00:00Z" }]);
    await ledger("run");
    const { sealed } = await sealAndRead();
    const { sealed_up_to: day, waiting } = sealed.gateways[0]!;
    expect(waiting).toEqual({ exports: 1, events: 0 });
    expect(sealed.gateways[0]!.checkpoints).toEqual([expect.stringMatching(/^archive\/prod\/_events\/\S+-checkpoint-\w+\.json$/)]);
    // The checkpoint waits as well.
    expect((await ledger("archive", "seal")).stdout).toBe(`already      prod: there is a digest of ${day}; 1 exports and 1 events wait for the next one\n`);
    expect((JSON.parse((await ledger("status", "--json")).stdout) as LedgerStatus).archive).toEqual([{ instance: "prod", sealed_up_to: day, waiting: { exports: 1, events: 1 }, unvouched: [], annulled: 0, left_aside: [] }]);
    expect((await ledger("status")).stdout).toContain(`archive      prod sealed up to ${day}, 1 exports and 1 events wait for the next digest\n`);
  });

  test("refuses a planted copy and names it, lists it when somebody stands up for it, and status goes on saying so", async () => {
    await ledger("archive", "seal");
    const planted = "archive/prod/2026/10/12/planted.cbor.zstd";
    await mkdir(dirname(join(folders.lake, planted)), { recursive: true });
    await writeFile(join(folders.lake, planted), "what never arrived");
    const refused = await ledger("archive", "seal");
    expect(refused.code).toBe(1);
    for (const text of ["archive_broken", planted, "it has no receipt", `archive seal --accept ${planted} --reason`]) expect(refused.stderr).toContain(text);
    expect((await ledger("archive", "seal", "--accept", planted)).code).toBe(2);
    const accepted = await ledger("archive", "seal", "--accept", planted, "--reason", "from tape 12", "--by", "ann@example.com");
    expect(accepted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^checkpoint {3}prod: archive\/prod\/_events\/\S+ lists what arrived since$/m) as string });
    const publicKey = join(folders.auditor, "key.pub.pem");
    await writeFile(publicKey, PAIR.publicKey);
    const verified = await call(["archive", "verify", "--lake", folders.lake, "--public-key", publicKey], { cwd: folders.auditor });
    expect(verified.stdout).toContain(`note         ${planted}: no trusted key vouches for what arrived: it has no receipt; ann@example.com accepted it`);
  });

  test("on S3 sets the legal hold on what came after it was added", async () => {
    const { place } = await lockedPlace();
    const { url, endpoint, region } = place.location;
    const env = { ...place.env, APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey };
    const onS3 = async (...args: string[]): Promise<CallResult> =>
      await call([...args, "--source", folders.source, "--lake", `${url}?endpoint=${endpoint}&region=${region}`], { cwd: folders.auditor, env });
    await onS3("run");
    expect(await onS3("archive", "hold", "add", "--caller", "ann@example.com", "--reason", "case 7")).toMatchObject({ code: 0 });
    writeRequests(folders.source, [{ by: "ann@example.com", at: "2026-10-11T12:00:00Z" }]);
    await onS3("run");
    const [late = ""] = (await keysOf(await openStore(place.location), "archive/default/2026/")).slice(-1);
    const isHeld = async (): Promise<boolean> => (await locksOf(await openStore(place.location)).protectionOf(late)).legalHold;
    expect(await isHeld()).toBe(false);
    expect(await onS3("archive", "seal")).toMatchObject({ code: 0 });
    expect(await isHeld()).toBe(true);
  });

  test("without a key says how to get one", async () => {
    const { code, stderr } = await call(["archive", "seal", "--source", folders.source, "--lake", folders.lake], { cwd: folders.auditor });
    expect(code).toBe(2);
    expect(stderr).toMatch(/\[key_missing\]\n.*aperture-ledger archive keys/);
  });

  test("upon a digest that was altered ends with 1 and names it", async () => {
    const { file, digest } = await sealAndRead();
    writeFileSync(file, canonicalize({ ...digest, header: { ...digest.header, closes: [{ month: "2026-01", sha256: "0".repeat(64) }] } }) ?? "");
    const { code, stderr } = await ledger("archive", "seal");
    expect(code).toBe(1);
    expect(stderr).toContain("[archive_broken]");
    expect(stderr).toContain(file.slice(folders.lake.length));
    writeFileSync(file, "{");
    expect((JSON.parse((await ledger("status", "--json")).stdout) as LedgerStatus).archive).toMatchObject([{ waiting: { exports: 1 } }]);
  });
});

describe("an auditor with openssl and the public key", () => {
  test("finds the signature of a digest good, that of an altered one bad, and the export's bytes as listed", async () => {
    const { digest } = await sealAndRead();
    const { header, key, signature, exports } = digest;
    const paths = { key: join(folders.auditor, "key.pub.pem"), message: join(folders.auditor, "signed.json"), signature: join(folders.auditor, "signature") };
    writeFileSync(paths.key, PAIR.publicKey);
    writeFileSync(paths.message, canonicalize({ header, key }) ?? "");
    writeFileSync(paths.signature, Buffer.from(signature ?? "", "base64url"));
    const verify = (): { status: number | null; error?: Error } => spawnSync("openssl", ["pkeyutl", "-verify", "-pubin", "-inkey", paths.key, "-rawin", "-in", paths.message, "-sigfile", paths.signature]);
    expect(verify()).toMatchObject({ status: 0 });
    writeFileSync(paths.message, (canonicalize({ header, key }) ?? "").replace(header.date, "2020-01-01"));
    const altered = verify();
    expect([altered.error, altered.status]).toEqual([undefined, 1]);
    expect(exports).toHaveLength(1);
    for (const listed of exports) expect(sha256(await readFile(join(folders.lake, listed.key)))).toBe(listed.sha256);
  });
});
