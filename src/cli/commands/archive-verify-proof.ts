import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { checkProof, type ProofFile, unvouchedIn } from "../../archive/chain/inclusion-proof.ts";
import { readProofFile } from "../../archive/chain/read-proof-file.ts";
import { readPublicKey } from "../../archive/chain/signing-key.ts";
import { UNVOUCHED, type UnvouchedReason } from "../../archive/copies/unvouched.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { print, printJson } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";

export interface VerifyProofFlags {
  /** Paths. */
  publicKey: string;
  proofs: string;
  object?: string[];
  json?: boolean;
}

interface Verdict {
  key: string;
  /** Path of the compared object; null where only the proof was checked. */
  file: string | null;
  sha256: string;
  /** The digest that lists it. */
  digest: { date: string; number: number } | null;
  /** Why there is no trusted signature for the arrival of the export, as the digest notes it; null where there is one. */
  unvouched: UnvouchedReason | null;
  /** Null when it is proven. */
  problem: string | null;
}

/** Checks the proofs of an extraction with only the public key. Resolves to the exit code: 1 when anything is not proven. */
export async function archiveVerifyProof({ publicKey, proofs: path, object: files = [], json }: VerifyProofFlags): Promise<number> {
  const trusted = readPublicKey((await readBytes(publicKey)).toString("utf8"), publicKey);
  const proofs = readProofFile(await readBytes(path), path);
  const verdicts = files.length === 0 ? proofs.objects.map((proof) => judge(proof, { proofs, trusted })) : await Promise.all(files.map(async (file) => await judgeFile(file, { proofs, trusted })));
  const isProven = verdicts.every(({ problem }) => problem === null);
  if (json) printJson({ proven: isProven, objects: verdicts });
  else print(...(verdicts.length === 0 ? ["proofs       none: no object was opened"] : firstLines(verdicts, describe)));
  return isProven ? 0 : 1;
}

interface Given {
  proofs: ProofFile;
  trusted: string;
}

type ObjectProof = ProofFile["objects"][number];

function judge(proof: ObjectProof, { proofs, trusted }: Given, file: string | null = null, sha256 = proof.content.sha256): Verdict {
  if (!proof.sealed) return { key: proof.key, file, sha256, digest: null, unvouched: null, problem: "no digest listed it yet" };
  const { date, number } = proof.digest.header;
  return { key: proof.key, file, sha256, digest: { date, number }, unvouched: unvouchedIn(proof) ?? null, problem: checkProof(proof, sha256, trusted, proofs.rotations) ?? null };
}

/** Matches a file to its proof by its bytes, or by its name where no proof has its bytes. */
async function judgeFile(file: string, given: Given): Promise<Verdict> {
  const sha256 = await hashOf(file);
  const { objects } = given.proofs;
  const proof = objects.find(({ content }) => content.sha256 === sha256) ?? objects.find(({ key }) => basename(key) === basename(file));
  if (proof !== undefined) return judge(proof, given, file, sha256);
  return { key: basename(file), file, sha256, digest: null, unvouched: null, problem: "no proof covers it" };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return hash.digest("hex");
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): LedgerError {
  return new LedgerError("usage", `${path} cannot be read: ${messageOf(cause)}`, { remedy: "give the path of an existing file", cause });
}

function describe({ key, file, sha256, digest, unvouched, problem }: Verdict): string[] {
  const name = visibleText(file === null ? key : `${file} (${key})`);
  if (problem !== null) return [`not proven   ${name}: ${problem}`];
  const proven = `proven       ${name}: SHA-256 ${sha256}, listed by digest ${String(digest?.number)} of ${String(digest?.date)}`;
  if (unvouched === null) return [proven];
  return [proven, `attention    ${name}: unchanged since then, but no trusted key vouches for its arrival: ${UNVOUCHED[unvouched]}`];
}
