import { execFile } from "node:child_process";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pMap from "p-map";
import { describe, expect, test } from "vitest";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { publicKeyPem } from "../../src/archive/chain/signing-key.ts";
import { findHeads } from "../../src/archive/script/find-heads.ts";
import { writeScript } from "../../src/archive/script/write-script.ts";
import { archiveLayout } from "../../src/lake/layout.ts";
import { readRootsFile } from "../../src/open/archive-settings.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { KNOWN_TAMPERINGS, NOW } from "./known-tamperings.ts";
import type { SealedArchive } from "./sealed-archive.ts";
import { PURGED_ON, smallArchive } from "./tampered-archive.ts";
import { TimeAuthority } from "./time-authority.ts";
import { archiveOf, digestOf, exportOf, found, tampered, Tampering, verify } from "./verifying.ts";

interface Script {
  file: string;
  /** Path of the public key. */
  key: string;
}

/** The script as it is printed for this archive; without `root`, one that knows no head. */
async function scriptFor({ publicKey }: SealedArchive["key"], root?: string, instance?: string): Promise<Script> {
  const folder = temporaryFolder();
  const script: Script = { file: join(folder, "verify-archive.sh"), key: join(folder, "key.pem") };
  const gateways = root === undefined ? [] : await findHeads(new FsStore(root));
  writeFileSync(script.file, writeScript({ archive: "file:///archive", version: "1.0.0", gateways, instance }));
  writeFileSync(script.key, publicKeyPem(publicKey));
  return script;
}

interface Ran {
  code: number;
  said: string;
}

const [DAY_1, DAY_2] = ["2026-09-01", "2026-09-02"];
const DAY = NOW.toISOString().slice(0, 10);

async function run({ file, key }: Script, root: string, ...options: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    execFile("sh", [file, root, key, "--today", DAY, ...options], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` });
    });
  });
}

/** Ways to tamper with each object of the small archive. */
const WAYS = 7;
const NAMES = Object.keys(KNOWN_TAMPERINGS);
const ON_OBJECTS = NAMES.filter((name) => /: (?:a bit in the middle|emptied|its last byte cut off|a byte appended|other bytes of the same length|deleted|replaced by another one)$/.test(name));
/** A run takes a second of work: of the ways to tamper with an object, each is tried on two objects. `FUZZ_RUNS` takes all. */
const CHOSEN = process.env["FUZZ_RUNS"] === undefined ? NAMES.filter((name) => !ON_OBJECTS.includes(name) || ON_OBJECTS.indexOf(name) % (WAYS + 1) === 0) : NAMES;
const PARTS = 4;

describe("the script finds something in each archive in which archive verify does:", () => {
  test("there are as many ways as this test believes", () => expect(ON_OBJECTS.length % WAYS).toBe(0));

  test.each(Array.from({ length: PARTS }, (_, part) => part))("part %i of the known tamperings", async (part) => {
    const archive = await smallArchive();
    const script = await scriptFor(archive.sealed.key);
    const noted = archive.sealed.heads.get("prod")!.link.sha256;
    const tell = async (name: string): Promise<string[]> => {
      const at = tampered(archive.root);
      const { head } = KNOWN_TAMPERINGS[name]!(at, archive);
      const [wanted, options] = head === undefined ? [{}, []] : [{ head: noted }, ["--head", noted]];
      const { findings } = await verify(at.root, archive.sealed, { now: NOW, ...wanted });
      const { code, said } = await run(script, at.root, ...options);
      rmSync(at.root, { recursive: true });
      const isSame = findings.length > 0 && code === 1 && /^problem: /m.test(said) && !said.includes("jq: ");
      return isSame ? [] : [`${name}: ${findings.map(({ text }) => text).join(", ")}; the script ended with ${String(code)}: ${said}`];
    };
    expect((await run(script, archive.root)).said).toMatch(/\nPASS\n$/);
    const names = CHOSEN.filter((_, index) => index % PARTS === part);
    expect((await pMap(names, tell, { concurrency: 3 })).flat()).toEqual([]);
  });
});

describe("the script agrees with archive verify", () => {
  /** Who finds something; what the script said where it could not do its work. */
  async function whoFinds(script: Script, root: string, sealed: SealedArchive): Promise<string> {
    const verified = found(await verify(root, sealed, { now: NOW })).length > 0;
    const { code, said } = await run(script, root);
    if (code > 1 || said.includes("jq: ")) return said;
    return verified === (code === 1) ? (verified ? "both" : "neither") : `only ${verified ? "archive verify" : `the script: ${said}`}`;
  }

  test("where something was purged and is back, and where a checkpoint is gone that nothing names", async () => {
    const { root, sealed, events, purged } = await smallArchive();
    const at = new Tampering(root);
    at.write(exportOf(PURGED_ON), purged);
    at.remove(events.checkpoint);
    expect(await whoFinds(await scriptFor(sealed.key, root), root, sealed)).toBe("neither");
  });

  test("about lists of any length, signatures over a hash, and an earlier key", async () => {
    const { root, sealed } = await archiveOf(9, ["prod"], 7);
    await sealed.addDays("2026-09-10", 1, ["prod"], 4);
    const at = new Tampering(root);
    const { header, exports, events } = at.digest(digestOf("2026-09-10"));
    const signed = await signHeader(header, { ...sealed.key, longest: 1 });
    expect(signed.signs).toBe("sha256");
    at.write(digestOf("2026-09-10"), canonicalBytes({ ...signed, exports, events }));
    const script = await scriptFor(sealed.key);
    expect(await whoFinds(script, root, sealed)).toBe("neither");
    at.write(digestOf("2026-09-10"), canonicalBytes({ ...signed, header: { ...header, closes: [{ month: "2026-08", sha256: "0".repeat(64) }] }, exports, events }));
    expect(await whoFinds(script, root, sealed)).toBe("both");
    const small = await smallArchive();
    expect(await whoFinds(await scriptFor(small.oldKey), small.root, small.sealed)).toBe("neither");
  });

  test("about digests that were annulled, which must stay", async () => {
    const { root, sealed } = await archiveOf(9);
    const [at, head, key] = [new Tampering(root), sealed.heads.get("prod")!, digestOf("2026-09-10")];
    await sealed.seal("2026-09-10", ["prod"]);
    const annulled = at.read(key);
    sealed.heads.set("prod", head);
    await sealed.addEvent({ format: 1, kind: "annulment", id: "a", instance: "prod", by: "ann@example.com", at: "2026-09-10T22:00:00.000Z", after: "2026-09-09", reason: "the clock was ahead", digests: [{ key, sha256: sha256Hex(annulled) }] });
    await sealed.seal("2026-09-10", ["prod"]);
    at.write(archiveLayout.digest("prod", "2026-09-10", 2), at.read(key));
    at.write(key, annulled);
    const script = await scriptFor(sealed.key, root);
    expect(await whoFinds(script, root, sealed)).toBe("neither");
    at.remove(key);
    expect(await whoFinds(script, root, sealed)).toBe("both");
  });

  test("about what no file system can list, and names that could end a line", async () => {
    const { root, sealed } = await archiveOf(10);
    const script = await scriptFor(sealed.key);
    symlinkSync("nowhere", join(root, "archive/prod/link"));
    expect(await whoFinds(script, root, sealed)).toBe("both");
    rmSync(join(root, "archive/prod/link"));
    const at = new Tampering(root);
    at.write("archive/prod/_events/a\nb.json", Buffer.from("{}"));
    expect(await whoFinds(script, root, sealed)).toBe("both");
  });
});

test("the printed script knows the heads of that time, and one for a gateway checks that one", async () => {
  const { root, sealed } = await archiveOf(10, ["dev", "prod"]);
  const at = new Tampering(root);
  const [all, dev] = [await scriptFor(sealed.key, root), await scriptFor(sealed.key, undefined, "dev")];
  at.remake(digestOf("2026-09-10"), sealed.key, (digest) => ({ ...digest, exports: [] }));
  for (const name of ["export-0", "export-1"]) {
    at.remove(exportOf("2026-09-10", name));
    at.remove(archiveLayout.receipt(exportOf("2026-09-10", name)));
  }
  expect(found(await verify(root, sealed, { now: NOW }))).toEqual([]);
  expect(await run(all, root)).toMatchObject({ code: 1, said: expect.stringContaining("has no digest with SHA-256") as string });
  at.flip(exportOf("2026-09-05"));
  expect((await run(dev, root)).code).toBe(0);
});

test("the script checks tokens as archive verify does, and says what it cannot judge without roots", async () => {
  const { root, sealed } = await archiveOf(10, ["prod"], 1);
  const [script, authority] = [await scriptFor(sealed.key), new TimeAuthority()];
  const at = new Tampering(root);
  const [first, second] = [DAY_1, DAY_2].map((date) => archiveLayout.timestamp(digestOf(date))) as [string, string];
  for (const date of [DAY_1, DAY_2]) at.write(archiveLayout.timestamp(digestOf(date)), authority.stamp(at.read(digestOf(date))));
  const expectCode = async (code: number, tamper: () => void, ...options: string[]): Promise<void> => {
    const there = [at.read(first), at.read(second)] as const;
    tamper();
    const { findings } = await verify(root, sealed, { now: NOW, ...(options.length === 0 ? {} : { roots: await readRootsFile(authority.roots) }) });
    expect(findings.length === 0 ? 0 : 1).toBe(code);
    const ran = await run(script, root, ...options);
    expect(ran.code, ran.said).toBe(code);
    expect(ran.said.includes("who signed the tokens")).toBe(options.length === 0);
    at.write(first, there[0]);
    at.write(second, there[1]);
  };
  const roots = ["--timestamp-roots", authority.roots];
  await expectCode(0, () => undefined, ...roots);
  await expectCode(0, () => undefined);
  await expectCode(1, () => at.swap(first, second), ...roots);
  await expectCode(1, () => at.swap(first, second));
  await expectCode(1, () => at.write(first, new TimeAuthority().stamp(at.read(digestOf(DAY_1)))), ...roots);
  await expectCode(1, () => at.write(first, authority.stampByOtherCertificate(at.read(digestOf(DAY_1)))), ...roots);
  at.copy(first, archiveLayout.timestamp(digestOf("2026-10-01")));
  await expectCode(1, () => undefined, ...roots);
});

test("a call without a key, of a folder that does not exist or with an unknown option ends with 2", async () => {
  const { root, sealed } = await archiveOf(1);
  const script = await scriptFor(sealed.key);
  expect(await run({ ...script, key: join(root, "no-key.pem") }, root)).toMatchObject({ code: 2, said: expect.stringContaining("is not an Ed25519 public key") as string });
  expect(await run(script, join(root, "missing"))).toMatchObject({ code: 2, said: expect.stringContaining("is not a folder") as string });
  expect(await run(script, root, "--sample", "1")).toMatchObject({ code: 2, said: expect.stringContaining("usage: ") as string });
});
