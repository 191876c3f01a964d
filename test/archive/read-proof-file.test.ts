import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readProofFile } from "../../src/archive/chain/read-proof-file.ts";
import { LedgerError } from "../../src/ledger/errors.ts";

function refusal(content: string | Uint8Array): LedgerError {
  try {
    readProofFile(typeof content === "string" ? Buffer.from(content) : content, "p.json");
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test.each<[string, string | Uint8Array, string]>([
  ["an empty file", "", "it is empty"],
  ["a blank file", " \n", "it is blank"],
  ["a copy of an export", zstdCompressSync("x"), "it is compressed with zstd, as a copy of an export is: give that with --object"],
  ["binary", Buffer.from([0xff, 0x00, 0x10]), "it is binary"],
  ["text", "hello", "it is text that is not JSON"],
  ["JSON that was cut", '{"format":1,"obj', "it is JSON that breaks off or has a mistake"],
  ["the extracted records", '{"a":1}\n{"a":2}\n', "it is NDJSON, as extracted records are"],
  ["the public key", "-----BEGIN PUBLIC KEY-----\n", "it is a key or a certificate as PEM: give that with --public-key"],
  ["a list", "[]", "it is JSON of another kind, a list"],
  ["a number", "7", "it is JSON of another kind, not an object"],
  ["another object", '{"format":1,"archive":"x","evil\\n\\u202e":1}', "it is JSON of another kind, an object with format, archive, evil[U+000A][U+202E]"],
])("says in one line what %s is instead of a file of proofs", (_, content, what) => {
  expect(refusal(content)).toMatchObject({ code: "proofs_invalid", message: `p.json is not a file of proofs: ${what}` });
});

test("names the first mistake of a damaged file of proofs, in one line", () => {
  const { message } = refusal(JSON.stringify({ format: 1, objects: [{ sealed: true }, { sealed: false, key: 7 }], rotations: [] }));
  expect(message).toMatch(/^p\.json is a damaged file of proofs: objects\.0\.key: .*, and \d+ more mistakes$/);
});
