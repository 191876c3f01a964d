import { z } from "zod";
import { content, type Content } from "../copies/receipt.ts";
import { type Digest, digest, type ListedExport } from "./digest.ts";
import { signedEvent, type SignedEvent } from "./event.ts";
import { inclusionPath, isIncluded } from "./merkle.ts";
import { unvouchedMark, type UnvouchedReason } from "../copies/unvouched.ts";
import { isSignatureGood, isSignedByAny } from "./signed.ts";
import { trustedKeys } from "./trusted-keys.ts";

/** Proves that a digest lists an export. Checking it takes the trusted key, not the archive. */
const inclusionProof = z.object({
  sealed: z.literal(true),
  key: z.string(),
  /** Content of the object when it was extracted. */
  content,
  /** The object's entry in the digest, at `index` of `count` entries, exports before events. */
  entry: digest.shape.exports.element,
  index: z.number(),
  count: z.number(),
  /** Lower-case hex, from the leaf upwards. */
  path: z.array(z.string()),
  digest: digest.pick({ header: true, key: true, signature: true, signs: true }),
  /** Declared reductions that lead from the listed content to the present one, in order. */
  reductions: z.array(signedEvent),
});
export type InclusionProof = z.infer<typeof inclusionProof>;

/** An object that no digest lists yet. */
const unsealed = z.object({ sealed: z.literal(false), key: z.string(), content });

/** Proofs for all objects that an extraction took records from. */
export const proofFile = z.object({
  format: z.literal(1),
  objects: z.array(z.discriminatedUnion("sealed", [inclusionProof, unsealed])),
  /** Key rotations, so that one key is enough to check digests from before and after them. */
  rotations: z.array(signedEvent),
});
export type ProofFile = z.infer<typeof proofFile>;

/** Undefined if the digest does not list the export. @param events the gateway's events, in order. */
export function makeProof(listing: Digest, key: string, now: Content, events: readonly SignedEvent[]): InclusionProof | undefined {
  const index = listing.exports.findIndex((entry) => entry.key === key);
  const entry = listing.exports[index];
  if (entry === undefined) return undefined;
  const entries = [...listing.exports, ...listing.events];
  return {
    sealed: true,
    key,
    content: { size: now.size, sha256: now.sha256 },
    entry,
    index,
    count: entries.length,
    path: inclusionPath(entries, index),
    digest: { header: listing.header, key: listing.key, signature: listing.signature, ...(listing.signs !== undefined && { signs: listing.signs }) },
    reductions: reductionsSince(entry, events),
  };
}

/** The reductions of an export after it was listed: earlier ones are part of the listed content. */
function reductionsSince({ key, sha256 }: ListedExport, events: readonly SignedEvent[]): SignedEvent[] {
  const changeIn = ({ header }: SignedEvent) => (header.kind === "reduction" ? header.objects.find((changed) => changed.key === key) : undefined);
  const reductions = events.filter((event) => changeIn(event) !== undefined);
  const first = reductions.findIndex((event) => changeIn(event)?.before.sha256 === sha256);
  const isOlder = first === -1 && reductions.some((event) => changeIn(event)?.after.sha256 === sha256);
  return isOlder ? [] : reductions.slice(Math.max(0, first));
}

/**
 * Checks a proof. Returns what is wrong with it, or undefined.
 * @param sha256 hash of the object's bytes, lower-case hex. @param trusted the public key. @param rotations as in the proof file.
 */
export function checkProof(proof: InclusionProof, sha256: string, trusted: string, rotations: readonly SignedEvent[] = []): string | undefined {
  const { entry, index, count, path, digest: sealed } = proof;
  const keys = trustedKeys(trusted, rotations);
  if (sealed.key === null || !keys.has(sealed.key)) return "its digest is signed by a different key";
  if (!isSignatureGood(sealed)) return "the signature of its digest is not valid";
  const { root, exports, events } = sealed.header;
  if (count !== exports + events || index >= exports) return "its digest has a different number of entries";
  if (entry.key !== proof.key) return "the entry belongs to a different object";
  if (!isIncluded(entry, { index, count, path, root })) return "the path does not lead from the entry to the digest";
  return checkContent(proof, entry, sha256, keys);
}

/** Why no trusted key vouches for the object's arrival; the mark is part of the proven entry. */
export function unvouchedIn({ entry }: InclusionProof): UnvouchedReason | undefined {
  return unvouchedMark(entry);
}

/** Follows the declared reductions from the listed content to the object's bytes. */
function checkContent({ key, content: told, reductions }: InclusionProof, entry: ListedExport, sha256: string, keys: ReadonlySet<string>): string | undefined {
  let now: Content = { size: entry.size, sha256: entry.sha256 };
  for (const document of reductions) {
    if (!isSignedByAny(document, keys)) return "a reduction is not signed by a trusted key";
    if (document.header.kind !== "reduction") return "an event is not a reduction";
    const changed = document.header.objects.find((one) => one.key === key);
    if (changed === undefined || changed.before.sha256 !== now.sha256) return "a reduction does not apply to what was there before it";
    now = changed.after;
  }
  if (told.sha256 !== now.sha256 || told.size !== now.size) return `what was extracted has SHA-256 ${told.sha256}, not ${now.sha256}`;
  return sha256 === now.sha256 ? undefined : `its SHA-256 is ${sha256}, not ${now.sha256}`;
}
