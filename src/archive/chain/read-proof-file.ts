import { LedgerError } from "../../ledger/errors.ts";
import { shorten } from "../../ledger/text/shorten.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { proofFile, type ProofFile } from "./inclusion-proof.ts";

const REMEDY = "give the file that archive extract wrote with --proofs: one JSON object with format 1, objects and rotations";
const MOST_MEMBERS = 6;
const LONGEST_NAME = 40;

/** The proofs of an extraction. Throws `proofs_invalid`, in one line that says what the file has instead. @param path for messages */
export function readProofFile(bytes: Uint8Array, path: string): ProofFile {
  const given = decode(bytes);
  if ("looksLike" in given) throw notProofs(path, given.looksLike);
  const parsed = proofFile.safeParse(given.value);
  if (parsed.success) return parsed.data;
  if (!isLikeProofs(given.value)) throw notProofs(path, describeJson(given.value));
  const [issue, ...more] = parsed.error.issues;
  const first = `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`;
  throw new LedgerError("proofs_invalid", `${path} is a damaged file of proofs: ${shorten(visibleText(first), 200)}${more.length === 0 ? "" : `, and ${String(more.length)} more mistakes`}`, {
    remedy: "get the file again from the person who extracted the records: nothing in it was checked",
  });
}

function notProofs(path: string, looksLike: string): LedgerError {
  return new LedgerError("proofs_invalid", `${path} is not a file of proofs: it is ${looksLike}`, { remedy: REMEDY });
}

type Decoded = { value: unknown } | { looksLike: string };

function decode(bytes: Uint8Array): Decoded {
  if (bytes.byteLength === 0) return { looksLike: "empty" };
  const text = decodeText(bytes);
  if (text === undefined) return { looksLike: isZstd(bytes) ? "compressed with zstd, as a copy of an export is: give that with --object" : "binary" };
  if (text.trim() === "") return { looksLike: "blank" };
  const json = parseJson(text);
  if (json !== undefined) return json;
  if (text.startsWith("-----BEGIN ")) return { looksLike: "a key or a certificate as PEM: give that with --public-key" };
  const [line = "", next = ""] = text.split("\n", 2);
  if (next !== "" && parseJson(line) !== undefined) return { looksLike: "NDJSON, as extracted records are" };
  return { looksLike: /^\s*[[{]/.test(text) ? "JSON that breaks off or has a mistake" : "text that is not JSON" };
}

/** Undefined for what is not text: binary bytes are rarely UTF-8, and text has no NUL. */
function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isZstd(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

function isLikeProofs(value: unknown): boolean {
  return typeof value === "object" && value !== null && "objects" in value && "rotations" in value;
}

function describeJson(value: unknown): string {
  if (Array.isArray(value)) return "JSON of another kind, a list";
  if (typeof value !== "object" || value === null) return "JSON of another kind, not an object";
  const names = Object.keys(value);
  if (names.length === 0) return "JSON of another kind, an empty object";
  const shown = names.slice(0, MOST_MEMBERS).map((name) => visibleText(shorten(name, LONGEST_NAME)));
  return `JSON of another kind, an object with ${shown.join(", ")}${names.length > MOST_MEMBERS ? ` and ${String(names.length - MOST_MEMBERS)} more` : ""}`;
}
