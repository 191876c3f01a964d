import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { verify } from "../../src/library/verify.ts";
import { intoFolder, SealedArchive } from "../archive/sealed-archive.ts";
import { newKey, testKey } from "../archive/sign-now.ts";
import { tampered } from "../archive/verifying.ts";
import { freshStores } from "../services/s3-stores.ts";
import { temporaryFolder } from "../test-ledger.ts";

const NOW = new Date("2026-10-05T12:00:00Z");

/** Two days of a gateway, two exports each. */
async function sealed(): Promise<{ archive: string; publicKey: string }> {
  const [archive, { privateKey, publicKey }] = [temporaryFolder(), generateKeys()];
  await new SealedArchive(intoFolder(archive), testKey(privateKey)).addDays("2026-10-03", 2, ["prod"], 2);
  return { archive, publicKey };
}

test("an archive in a folder is verified with its public key alone", async () => {
  const { archive, publicKey } = await sealed();
  const { findings, gateways, notChecked } = await verify({ archive, publicKey, now: NOW });
  expect(findings).toEqual([]);
  expect(gateways).toMatchObject([{ instance: "prod", digests: 2, first: "2026-10-03", last: "2026-10-04", exports: { listed: 4, hashed: 4 }, receipts: 4 }]);
  expect(notChecked).toContainEqual(expect.stringContaining("derived tables"));
  const head = createHash("sha256").update(readFileSync(join(archive, "archive/prod/_digests/2026-10-04.json"))).digest("hex");
  expect(gateways[0]?.head).toBe(head);
  expect((await verify({ archive: { url: `file://${archive}` }, publicKey, now: NOW, head, instance: "prod", sample: { exports: 1 } })).findings).toEqual([]);
});

test("a changed byte, a lost digest and another's key are found", async () => {
  const { archive, publicKey } = await sealed();
  const at = tampered(archive);
  at.flip("archive/prod/2026/10/03/export-0.cbor.zstd");
  expect((await verify({ archive: at.root, publicKey, now: NOW })).findings.map(({ code, key }) => [code, key])).toEqual([["altered", "archive/prod/2026/10/03/export-0.cbor.zstd"]]);
  const { findings } = await verify({ archive, publicKey: generateKeys().publicKey, now: NOW });
  expect(findings.map(({ code }) => code)).toContain("digest_key");
});

test("an archive in a bucket is verified as one in a folder, with credentials of the environment", async () => {
  const { place, storeAt } = await freshStores();
  const store = await storeAt("archived");
  const key = newKey();
  await new SealedArchive(async (name, bytes) => void (await store.create(name, bytes)), key).addDays("2026-10-03", 2, ["prod"], 1);
  const { url, endpoint, region } = place.location;
  const archive = { url: `${url}/archived`, endpoint, region };
  expect(await verify({ archive, publicKey: key.publicKey, now: NOW })).toMatchObject({ findings: [], gateways: [{ instance: "prod", exports: { listed: 2, hashed: 2 } }] });
  await store.remove("archive/prod/2026/10/03/export-0.cbor.zstd");
  const inUrl = `${archive.url}?endpoint=${encodeURIComponent(endpoint)}&region=${region}`;
  expect((await verify({ archive: inUrl, publicKey: key.publicKey, now: NOW })).findings.map(({ code }) => code)).toEqual(["deleted"]);
  vi.unstubAllEnvs();
});

test.each([
  ["head", { head: "" }],
  ["head", { head: "abc" }],
  ["sample.exports", { sample: { exports: Number("") } }],
  ["sample.exports", { sample: { exports: Number("all") } }],
  ["sample.exports", { sample: { exports: 1.5 } }],
  ["now", { now: new Date("today") }],
])("a mistaken option is an error that names it, and no verification of nothing: %s", async (option, options) => {
  const { archive, publicKey } = await sealed();
  await expect(verify({ archive, publicKey, now: NOW, ...options })).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(`^${option} is `) as string });
});

test("what cannot be checked is an error with a code", async () => {
  const { archive, publicKey } = await sealed();
  await expect(verify({ archive, publicKey: "no key", now: NOW })).rejects.toMatchObject({ code: "key_unusable" });
  await expect(verify({ archive: "ftp://archive", publicKey, now: NOW })).rejects.toMatchObject({ code: "url_invalid" });
  await expect(verify({ archive: join(archive, "missing"), publicKey, now: NOW })).rejects.toMatchObject({ code: expect.any(String) as string });
});
