import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { generateKeys, isSignedBy, publicKeyPem, readPublicKey, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { LedgerError } from "../../src/ledger/errors.ts";

const pem = { type: "pkcs8", format: "pem" } as const;
const spki = { type: "spki", format: "pem" } as const;

function refusal(read: () => unknown): LedgerError {
  try {
    read();
  } catch (error) {
    if (error instanceof LedgerError) return error;
  }
  throw new Error("it was taken");
}

describe("a signing key", () => {
  test("is read from PEM, and what it signs is good for its public key alone", async () => {
    const [pair, other] = [generateKeys(), generateKeys()];
    const key = readSigningKey(pair.privateKey, "here");
    const signature = await key.sign({ b: 1, a: "ä" });
    expect(verify(null, Buffer.from('{"a":"ä","b":1}'), createPublicKey(pair.publicKey), Buffer.from(signature, "base64url"))).toBe(true);
    expect(isSignedBy(key.publicKey, { a: "ä", b: 1 }, signature)).toBe(true);
    expect(isSignedBy(key.publicKey, { a: "ä", b: 2 }, signature)).toBe(false);
    expect(isSignedBy(readPublicKey(other.publicKey, "there"), { a: "ä", b: 1 }, signature)).toBe(false);
  });

  test("has one name, whether its public key comes as PEM or by that name", () => {
    const pair = generateKeys();
    const { publicKey } = readSigningKey(pair.privateKey, "here");
    expect(readPublicKey(pair.publicKey, "there")).toBe(publicKey);
    expect(readPublicKey(`${publicKey}\n`, "there")).toBe(publicKey);
    expect(publicKeyPem(publicKey)).toBe(pair.publicKey);
  });

  test.each([
    ["of RSA", generateKeyPairSync("rsa", { modulusLength: 2048, privateKeyEncoding: pem, publicKeyEncoding: spki }).privateKey],
    ["of an elliptic curve", generateKeyPairSync("ec", { namedCurve: "P-256", privateKeyEncoding: pem, publicKeyEncoding: spki }).privateKey],
    ["that is public", generateKeys().publicKey],
    ["that is cut off", generateKeys().privateKey.slice(0, 60)],
    ["that is none", "hunter2-hunter2-hunter2"],
  ])("%s is refused without being quoted", (_, text) => {
    const { code, message, remedy, cause } = refusal(() => readSigningKey(text, "the/file.pem"));
    expect(code).toBe("key_unusable");
    expect(message).toContain("the/file.pem");
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    for (const line of lines) expect(`${message} ${remedy} ${String(cause)}`).not.toContain(line);
  });

  test("that is public is refused where it is another kind", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256", privateKeyEncoding: pem, publicKeyEncoding: spki });
    expect(refusal(() => readPublicKey(publicKey, "auditor.pem"))).toMatchObject({ code: "key_unusable", message: expect.stringContaining("auditor.pem") as string });
  });
});
