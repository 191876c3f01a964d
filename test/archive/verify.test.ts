import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { archiveOf, digestOf, exportOf, FIRST, found, tampered, verify } from "./verifying.ts";

const DAY_3 = "2026-09-03";

describe("an archive that nobody touched", () => {
  test("has nothing missing or altered, and says what was checked", async () => {
    const { root, sealed } = await archiveOf(5, ["dev", "prod"]);
    const verified = await verify(root, sealed);
    expect(verified.findings).toEqual([]);
    expect(verified.gateways).toMatchObject([
      { instance: "dev", digests: 5, first: FIRST, last: "2026-09-05", exports: { listed: 10, purged: 0, hashed: 10 }, receipts: 10, waiting: { exports: 0, events: 0 } },
      { instance: "prod", digests: 5 },
    ]);
    expect(verified.notChecked).toEqual([expect.stringContaining("no lake was given")]);
  });

  test("is reported the same every time", async () => {
    const { root, sealed } = await archiveOf(4);
    const at = tampered(root);
    for (const key of [exportOf(FIRST), exportOf(DAY_3), digestOf("2026-09-02")]) at.flip(key);
    expect(await verify(at.root, sealed)).toEqual(await verify(at.root, sealed));
  });

  test("may have exports that wait for the next digest, as long as their receipts are signed", async () => {
    const { root, sealed } = await archiveOf(3);
    await sealed.addExport("prod", "2026-09-04", "late");
    expect(await verify(root, sealed)).toMatchObject({ findings: [], gateways: [{ waiting: { exports: 1 } }] });
    const unsigned = await sealed.addExport("prod", "2026-09-04", "unsigned", { receipt: "unsigned" });
    const alone = await sealed.addExport("prod", "2026-09-04", "alone", { receipt: "none" });
    expect(found(await verify(root, sealed))).toEqual([`added ${alone}`, `added ${unsigned}`]);
  });

  test("may have exports from before there were receipts", async () => {
    const root = temporaryFolder();
    const sealed = new SealedArchive(intoFolder(root));
    await sealed.addDays(FIRST, 3, ["prod"], 2, { receipt: "none" });
    expect(await verify(root, sealed)).toMatchObject({ findings: [], gateways: [{ receipts: 0 }] });
  });

  test("is the same one for an auditor who noted a digest's hash", async () => {
    const { root, sealed } = await archiveOf(5);
    const noted = sha256Hex(tampered(root).read(digestOf(DAY_3)));
    expect(found(await verify(root, sealed, { head: noted }))).toEqual([]);
    expect(found(await verify(root, sealed, { head: "0".repeat(64) }))).toEqual(["head_missing archive/"]);
  });

  test("is verified by sample: the same exports for the same seed, everything else as ever", async () => {
    const { root, sealed } = await archiveOf(5, ["prod"], 10);
    const sample = { exports: 7, seed: undefined };
    const once = await verify(root, sealed, { sample });
    expect(once).toMatchObject({ findings: [], gateways: [{ exports: { listed: 50, hashed: 7 }, receipts: 50 }] });
    expect(once.notChecked).toContainEqual(expect.stringContaining("43 of 50 exports"));
    const at = tampered(root);
    at.remove(exportOf(DAY_3));
    at.write(exportOf(FIRST), Buffer.from("shorter"));
    expect(found(await verify(at.root, sealed, { sample }))).toEqual([`altered ${exportOf(FIRST)}`, `deleted ${exportOf(DAY_3)}`]);
    const hits = await Promise.all(
      Array.from({ length: 10 }, async (_, seed) => {
        const one = tampered(root);
        one.flip(exportOf(DAY_3));
        return (await verify(one.root, sealed, { sample: { exports: 25, seed: String(seed) } })).findings.length;
      }),
    );
    expect(new Set(hits)).toEqual(new Set([0, 1]));
  });
});

describe("verify finds and names", () => {
  test("a byte that was changed", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.flip(exportOf(DAY_3));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`altered ${exportOf(DAY_3)}`]);
    expect(verified.findings[0]).toMatchObject({ expected: sha256Hex(tampered(root).read(exportOf(DAY_3))), found: sha256Hex(at.read(exportOf(DAY_3))) });
  });

  test("an object that was deleted", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.remove(exportOf(DAY_3));
    expect(found(await verify(at.root, sealed))).toEqual([`deleted ${exportOf(DAY_3)}`]);
  });

  test("an export that was deleted before a digest listed it", async () => {
    const { root, sealed } = await archiveOf(3);
    const key = await sealed.addExport("prod", "2026-09-04", "late");
    const at = tampered(root);
    at.remove(key);
    expect(found(await verify(at.root, sealed))).toEqual([`deleted ${key}`]);
  });

  test("an object that was added, wherever", async () => {
    const { root, sealed } = await archiveOf(3);
    const at = tampered(root);
    const added = [exportOf(DAY_3, "export-9"), "archive/prod/_digests/notes.txt", "archive/prod/_digests/2026-13-45.json", "archive/stray.txt", "archive/prod/_events/x.json", "archive/prod/_receipts/2026/09/03/export-9.json", "archive/prod/hello"];
    for (const key of added) at.write(key, Buffer.from("{}"));
    const named = added.filter((key) => !key.includes("_receipts")).map((key) => `added ${key}`);
    expect(found(await verify(at.root, sealed)).sort()).toEqual(named.sort());
  });

  test("an object that was replaced by another one that was valid once", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.copy(exportOf("2026-09-02"), exportOf(DAY_3));
    expect(found(await verify(at.root, sealed))).toEqual([`replaced_by_older ${exportOf(DAY_3)}`]);
  });

  test.each([
    ["in the middle", DAY_3],
    ["at the beginning", FIRST],
  ])("a digest that was removed %s, and how many objects only it vouched for", async (_, date) => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.remove(digestOf(date));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`digest_missing ${digestOf(date)}`]);
    expect(verified.findings[0]).toMatchObject({ unaccounted: { count: 2, keys: [exportOf(date), exportOf(date, "export-1")] } });
  });

  test("several digests that were removed, as one run", async () => {
    const { root, sealed } = await archiveOf(8);
    const at = tampered(root);
    for (const date of [DAY_3, "2026-09-04", "2026-09-05"]) at.remove(digestOf(date));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`digest_missing ${digestOf(DAY_3)}`]);
    expect(verified.findings[0]?.text).toContain("3 digests");
  });

  test("the last digest removed, with and without its objects", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.remove(digestOf("2026-09-05"));
    expect(found(await verify(at.root, sealed))).toEqual([`chain_ends_early ${digestOf("2026-09-05")}`]);
    for (const name of ["export-0", "export-1"]) {
      at.remove(exportOf("2026-09-05", name));
      at.remove(archiveLayout.receipt(exportOf("2026-09-05", name)));
    }
    expect(found(await verify(at.root, sealed))).toEqual([`chain_ends_early ${digestOf("2026-09-05")}`]);
  });

  test("a tail that was removed, by the digests of the neighbours", async () => {
    const { root, sealed } = await archiveOf(6, ["dev", "prod"]);
    const at = tampered(root);
    for (const date of ["2026-09-04", "2026-09-05"]) at.remove(digestOf(date));
    at.remove(digestOf("2026-09-06"));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`digest_missing ${digestOf("2026-09-04")}`]);
    expect(verified.findings[0]?.text).toContain(digestOf("2026-09-06", "dev"));
  });

  test("a whole chain that was removed, with all its objects or without them", async () => {
    const { root, sealed } = await archiveOf(4, ["dev", "prod"]);
    const at = tampered(root);
    for (const date of [FIRST, "2026-09-02", DAY_3, "2026-09-04"]) at.remove(digestOf(date));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual(["chain_missing archive/prod/_digests/"]);
    expect(verified.findings[0]?.unaccounted?.count).toBe(8);
    rmSync(`${at.root}/archive/prod`, { recursive: true });
    expect(found(await verify(at.root, sealed))).toEqual(["chain_missing archive/prod/_digests/"]);
  });

  test("that the archive is empty", async () => {
    const sealed = new SealedArchive(() => undefined);
    expect(found(await verify(temporaryFolder(), sealed))).toEqual(["chain_missing archive/"]);
  });

  test("digests that were swapped", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.swap(digestOf("2026-09-02"), digestOf("2026-09-04"));
    expect(found(await verify(at.root, sealed))).toEqual([`digest_order ${digestOf("2026-09-02")}`, `digest_order ${digestOf("2026-09-04")}`]);
  });

  test("a digest that was replaced by an older one", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.copy(digestOf("2026-09-02"), digestOf("2026-09-04"));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`replaced_by_older ${digestOf("2026-09-04")}`]);
    expect(verified.findings[0]?.unaccounted?.count).toBe(2);
  });

  test("a digest that was renumbered, with the old signature and with a new one", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.edit(digestOf(DAY_3), (digest) => ({ ...digest, header: { ...digest.header, number: 7 } }));
    expect(found(await verify(at.root, sealed))).toEqual([`digest_signature ${digestOf(DAY_3)}`]);
    const last = tampered(root);
    last.remake(digestOf("2026-09-05"), sealed.key, (digest) => ({ ...digest, header: { ...digest.header, number: 7 } }));
    expect(found(await verify(last.root, sealed))).toEqual([`digest_order ${digestOf("2026-09-05")}`]);
  });

  test("a digest that was signed again with another key", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.remake(digestOf(DAY_3), newKey());
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`digest_key ${digestOf(DAY_3)}`]);
    expect(verified.findings[0]).toMatchObject({ expected: sealed.key.publicKey, unaccounted: { count: 2 } });
  });

  test("a whole chain of another key, as one finding", async () => {
    const { root, sealed } = await archiveOf(5);
    const verified = await verify(root, sealed, { publicKey: newKey().publicKey });
    expect(found(verified)).toEqual([`digest_key ${digestOf(FIRST)}`]);
    expect(verified.findings[0]).toMatchObject({ text: expect.stringContaining("so are 4 more") as string, unaccounted: { count: 10 } });
  });

  test.each(["2026-09-03T23:00:00.000Z", "2099-01-01T00:00:00.000Z"])("a digest that was made anew with the true key, sealed as it says at %s", async (sealedAt) => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.remove(exportOf(DAY_3));
    at.remake(digestOf(DAY_3), sealed.key, ({ header, exports, ...rest }) => ({ ...rest, header: { ...header, sealed_at: sealedAt }, exports: exports.slice(1) }));
    expect(found(await verify(at.root, sealed))).toEqual([`deleted ${exportOf(DAY_3)}`, `digest_altered ${digestOf(DAY_3)}`]);
  });

  test("an entry taken off a digest's list, and a field put into it that nobody signed", async () => {
    const { root, sealed } = await archiveOf(5);
    const at = tampered(root);
    at.edit(digestOf(DAY_3), (digest) => ({ ...digest, exports: digest.exports.slice(1) }));
    at.edit(digestOf("2026-09-05"), (digest) => ({ ...digest, remark: "hello" }));
    expect(found(await verify(at.root, sealed))).toEqual([`digest_altered ${digestOf(DAY_3)}`, `digest_altered ${digestOf("2026-09-05")}`]);
  });

  test("a letter of the newest signature, changed to one that stands for the same bytes", async () => {
    const { root, sealed } = await archiveOf(3);
    const at = tampered(root);
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    at.edit(digestOf(DAY_3), ({ signature, ...digest }) => ({ ...digest, signature: `${signature!.slice(0, -1)}${letters[letters.indexOf(signature!.at(-1)!) + 1]!}` }));
    expect(found(await verify(at.root, sealed))).toEqual([`digest_signature ${digestOf(DAY_3)}`]);
  });

  test("receipts that were altered or removed", async () => {
    const { root, sealed } = await archiveOf(3);
    const at = tampered(root);
    at.flip(archiveLayout.receipt(exportOf(FIRST)));
    at.remove(archiveLayout.receipt(exportOf(DAY_3)));
    expect(found(await verify(at.root, sealed))).toEqual([`receipt_altered ${archiveLayout.receipt(exportOf(FIRST))}`, `receipt_missing ${archiveLayout.receipt(exportOf(DAY_3))}`]);
  });

  test("that sealing stopped", async () => {
    const { root, sealed } = await archiveOf(3);
    expect(found(await verify(root, sealed, { now: new Date("2026-09-06T12:00:00Z") }))).toEqual([`chain_ends_early ${digestOf("2026-09-04")}`]);
  });

  test("only what is about one gateway, where that is asked for", async () => {
    const { root, sealed } = await archiveOf(3, ["dev", "prod"]);
    const at = tampered(root);
    at.flip(exportOf(FIRST, "export-0", "dev"));
    expect(found(await verify(at.root, sealed, { instance: "prod" }))).toEqual([]);
    expect(found(await verify(at.root, sealed, { instance: "dev" }))).toHaveLength(1);
    expect(found(await verify(at.root, sealed, { instance: "nobody" }))).toEqual(["chain_missing archive/nobody/_digests/"]);
  });
});
