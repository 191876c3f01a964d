import { createPublicKey, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { isSignatureGood, signHeader } from "../../src/archive/chain/signed.ts";
import { generateKeys, publicKeyPem, type SigningKey } from "../../src/archive/chain/signing-key.ts";
import { trustedKeys } from "../../src/archive/chain/trusted-keys.ts";
import { makeRotation } from "../../src/archive/chain/rotation.ts";
import { openSigningKey } from "../../src/open/archive-settings.ts";
import { archiveSection } from "../../src/config/sections/archive-section.ts";
import { isCallerMistake } from "../../src/ledger/errors.ts";
import { KmsServer } from "../archive/kms-server.ts";
import { temporaryFolder } from "../test-ledger.ts";

const kms = new KmsServer();
const PAIR = generateKeys();

beforeAll(async () => await kms.start());
afterAll(() => kms.stop());
afterEach(() => {
  vi.unstubAllEnvs();
  kms.denied.clear();
  kms.failing = undefined;
});

async function open(place: string | undefined, env: Record<string, string> = kms.environment): Promise<SigningKey> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const key = await openSigningKey({ archive: archiveSection.parse(place === undefined ? {} : { signing_key: place }) });
  if (key === undefined) throw new Error("no key was opened");
  return key;
}

/** Where a signing key may be: how to open it, and its public key as PEM. */
const PLACES: [string, () => Promise<{ key: SigningKey; pem: string }>][] = [
  ["a file", async () => {
    const file = join(temporaryFolder(), "key.pem");
    writeFileSync(file, PAIR.privateKey, { mode: 0o600 });
    return { key: await open(file), pem: PAIR.publicKey };
  }],
  ["the environment", async () => ({ key: await open(undefined, { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey }), pem: PAIR.publicKey })],
  ["AWS KMS", async () => {
    const id = kms.addKey("archive");
    return { key: await open("awskms:alias/archive"), pem: kms.publicPem(id) };
  }],
  ["AWS KMS, named in the environment", async () => {
    const id = kms.addKey();
    return { key: await open(undefined, { ...kms.environment, APERTURE_LEDGER_SIGNING_KEY: `awskms:arn:aws:kms:eu-central-1:111122223333:key/${id}` }), pem: kms.publicPem(id) };
  }],
];

describe.each(PLACES)("a signing key in %s", (_, opened) => {
  test("has the public key of the pair, and signs canonical JSON so that other programs can check it", async () => {
    const { key, pem } = await opened();
    expect(publicKeyPem(key.publicKey)).toBe(pem);
    const signature = Buffer.from(await key.sign({ b: 1, a: "ä" }), "base64url");
    expect(verify(null, Buffer.from('{"a":"ä","b":1}'), createPublicKey(pem), signature)).toBe(true);
  });

  test.each([10, 100_000])("signs a header of %i characters, and the signature covers all that the document says", async (length) => {
    const { key } = await opened();
    const document = await signHeader({ text: "x".repeat(length), at: 1 }, key);
    expect(isSignatureGood(document)).toBe(true);
    expect(isSignatureGood({ ...document, header: { ...document.header, at: 2 } })).toBe(false);
    const { signs, ...withoutForm } = document;
    expect(isSignatureGood(signs === undefined ? { ...document, signs: "sha256" } : withoutForm)).toBe(false);
  });

  test("is linked to another key by a rotation", async () => {
    const [{ key }, other] = [await opened(), await open(undefined, { APERTURE_LEDGER_SIGNING_KEY: generateKeys().privateKey })];
    for (const [from, to] of [[key, other], [other, key]] as const) {
      const event = await signHeader(await makeRotation({ instance: "prod", id: "1", at: "2026-11-01T00:00:00.000Z", by: "ann@example.com" }, from, to), from);
      expect(trustedKeys(from.publicKey, [event]).has(to.publicKey)).toBe(true);
    }
  });
});

describe("a signing key in AWS KMS", () => {
  test("signs the header itself where that is short enough, so that older versions can check it, and its SHA-256 where it is not", async () => {
    kms.addKey("sizes");
    const key = await open("awskms:alias/sizes");
    const empty = canonicalBytes({ header: { text: "" }, key: key.publicKey }).byteLength;
    const longest = await signHeader({ text: "x".repeat(4096 - empty) }, key);
    const longer = await signHeader({ text: "x".repeat(4097 - empty) }, key);
    expect([longest.signs, longer.signs]).toEqual([undefined, "sha256"]);
    expect([longest, longer].map(isSignatureGood)).toEqual([true, true]);
  });

  test("reads its public key once", async () => {
    kms.addKey("once");
    kms.calls.length = 0;
    const key = await open("awskms:alias/once");
    await key.sign({ a: 1 });
    await key.sign({ a: 2 });
    expect(kms.calls).toEqual(["GetPublicKey", "Sign", "Sign"]);
  });

  test("takes exactly the permissions of the policy", () => {
    const { Statement } = JSON.parse(readFileSync(join(import.meta.dirname, "../../docs/iam/kms-sign.json"), "utf8")) as { Statement: { Action: string[] }[] };
    expect([...new Set(kms.calls)].map((call) => `kms:${call}`).sort()).toEqual(Statement.flatMap(({ Action }) => Action).sort());
  });

  test("stays the same key where its alias is given to another one", async () => {
    kms.addKey("moved");
    const key = await open("awskms:alias/moved");
    kms.addKey("moved");
    expect(isSignatureGood(await signHeader({ a: 1 }, key))).toBe(true);
  });

  test.each<[string, () => string, RegExp]>([
    ["of another kind", () => kms.addKey(undefined, "ECC_NIST_P256"), /ECC_NIST_P256.*ECC_NIST_EDWARDS25519/],
    ["that is disabled", () => stateful("disabled"), /is disabled.*enable-key/],
    ["that will be deleted", () => stateful("pending deletion"), /present state.*cancel-key-deletion/],
    ["that does not exist", () => "alias/nobody", /does not exist.*AWS_REGION/],
    ["that may not be read", () => (kms.denied.add("GetPublicKey"), kms.addKey()), /allow kms:GetPublicKey .*kms:Sign/],
  ])("%s is refused with what to do", async (_, make, said) => {
    const error = await open(`awskms:${make()}`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "key_unusable", retryable: false });
    expect(textOf(error)).toMatch(said);
    expect(textOf(error)).not.toContain("secret-of-the-test");
  });

  test("that may be read and not used names the missing permission when it should sign", async () => {
    const key = await open(`awskms:${kms.addKey()}`);
    kms.denied.add("Sign");
    const error = await key.sign({ a: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "key_unusable" });
    expect(textOf(error)).toMatch(/allow kms:Sign /);
  });

  test.each<[string, () => Record<string, string>]>([
    ["fails", () => ((kms.failing = 500), kms.environment)],
    ["cannot be reached", () => ({ ...kms.environment, AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:9" })],
  ])("that %s may be tried again", async (_, environment) => {
    const error = await open(`awskms:${kms.addKey()}`, environment()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "key_unusable", retryable: true });
    // A worker starts nevertheless, and its jobs try again.
    expect(isCallerMistake(error)).toBe(false);
  });
});

function stateful(state: "disabled" | "pending deletion"): string {
  const id = kms.addKey();
  kms.setState(id, state);
  return id;
}

function textOf(error: unknown): string {
  return error instanceof Error && "remedy" in error ? `${error.message} ${String(error.remedy)}` : String(error);
}
