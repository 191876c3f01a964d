import { z } from "zod";
import type { Overdraft } from "../../ledger/gateway/gateway-access.ts";

/**
 * Aperture does not document the keys of an overdraft chain. The ledger reads `overdraft` or `overdrafts` beside the bucket that pays first, and a
 * `chain` that begins with that bucket.
 */
export const overdraftKeys = { overdraft: z.unknown().optional(), overdrafts: z.unknown().optional() };

interface WrittenBucket {
  bucket?: string | undefined;
  overdraft?: unknown;
  overdrafts?: unknown;
  chain?: unknown;
}

/** The bucket that a grant charges, and the chain that it begins. Undefined where no bucket is named. */
export function readCharged(written: WrittenBucket): { bucket: string; overdraft?: Overdraft } | undefined {
  const chain = isWritten(written.chain) ? readNames(written.chain) : undefined;
  const bucket = written.bucket ?? chain?.[0];
  if (bucket === undefined) return undefined;
  const lenders = combine([chain && without(bucket, chain), readLenders(written)].filter((list) => list !== undefined));
  return lenders?.length === 0 ? { bucket } : { bucket, overdraft: { bucket, lenders } };
}

function without(bucket: string, chain: readonly string[]): string[] {
  return chain[0] === bucket ? chain.slice(1) : [...chain];
}

/** The names of the buckets that lend, in order; null: in an unknown form; undefined: there is no overdraft. */
export function readLenders({ overdraft, overdrafts }: Pick<WrittenBucket, "overdraft" | "overdrafts">): string[] | null | undefined {
  const written = overdraft ?? overdrafts;
  return isWritten(written) ? readNames(written) : undefined;
}

function isWritten(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A name, an object with a `bucket` that may have an overdraft of its own, or a list of these. */
function readNames(written: unknown): string[] | null {
  if (typeof written === "string") return [written];
  if (Array.isArray(written)) return combine(written.map(readNames));
  const named = z.object({ bucket: z.string(), ...overdraftKeys }).safeParse(written);
  if (!named.success) return null;
  const further = readLenders(named.data);
  return combine([[named.data.bucket], further === undefined ? [] : further]);
}

function combine(lists: readonly (string[] | null)[]): string[] | null {
  return lists.includes(null) ? null : lists.flatMap((list) => list ?? []);
}
