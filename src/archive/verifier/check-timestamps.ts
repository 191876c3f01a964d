import { archiveLayout, dateOfDigest } from "../../lake/layout.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import pMap from "p-map";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBounded } from "../../storage/read-bounded.ts";
import { canonicalBytes } from "../chain/canonical.ts";
import { largestOf } from "../chain/document-bounds.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import type { TrustedRoots } from "../timestamps/token.ts";
import type { SoundDigest } from "./check-digest.ts";
import { type Finding, finding, type Note } from "./finding.ts";

/** What the tokens of time-stamping authorities show about a gateway's digests. */
export interface TimestampVerification {
  /** Number of digests with a token that the given roots vouch for. */
  vouched: number;
  /** Number of digests with a token that belongs to them, where no roots were given: nobody knows who signed it. */
  unjudged: number;
  /** Days of the digests without a token, `YYYY-MM-DD`, UTC. */
  without: string[];
}

export interface CheckedTimestamps extends TimestampVerification {
  findings: Finding[];
  notes: Note[];
}

/** A clock, the ledger's or the authority's, may differ by this much. */
const SLACK_MS = DAY_MS;

/** Compares each digest with its token. @param digests those that a trusted key signed. */
export async function checkTimestamps(archive: ObjectStore, instance: string, { digests, listing, roots }: { digests: readonly SoundDigest[]; listing: Pick<GatewayArchive, "digests" | "timestamps">; roots: TrustedRoots | undefined }): Promise<CheckedTimestamps> {
  const tokens = new Set(listing.timestamps.map(({ key }) => key));
  const stamped = digests.filter(({ key }) => tokens.has(archiveLayout.timestamp(key)));
  const checked = await pMap(stamped, (digest) => checkOne(archive, instance, digest, roots), { concurrency: READS_AT_ONCE });
  const good = checked.filter((one) => "at" in one);
  const owners = new Set(listing.digests.map(({ key }) => archiveLayout.timestamp(key)));
  const orphans = listing.timestamps.filter(({ key }) => !owners.has(key));
  return {
    vouched: roots === undefined ? 0 : good.length,
    unjudged: roots === undefined ? good.length : 0,
    without: digests.filter(({ key }) => !tokens.has(archiveLayout.timestamp(key))).map(({ key }) => dateOfDigest(key)).sort(),
    findings: [...checked.filter((one) => "code" in one), ...orphans.map(({ key }) => finding("added", { instance, key, what: "is a token for a digest that does not exist" }))],
    notes: noteLate(good.filter(({ at, sealedAt }) => at.getTime() - sealedAt > SLACK_MS)),
  };
}

interface StampedDigest {
  key: string;
  at: Date;
  /** Milliseconds since 1970. */
  sealedAt: number;
}

async function checkOne(archive: ObjectStore, instance: string, { key: digest, document }: SoundDigest, roots: TrustedRoots | undefined): Promise<StampedDigest | Finding> {
  const key = archiveLayout.timestamp(digest);
  const answer = await readBounded(archive, key, largestOf(key));
  if (answer === undefined) return finding("timestamp_invalid", { instance, key, what: `is larger than ${String(largestOf(key))} bytes` });
  // Loaded only where there are tokens.
  const { checkToken } = await import("../timestamps/token.ts");
  const checked = await checkToken(answer, canonicalBytes(document), roots);
  if ("problem" in checked) return finding("timestamp_invalid", { instance, key, what: `does not vouch for ${digest}: ${checked.problem}` });
  const sealedAt = Date.parse(document.header.sealed_at);
  if (sealedAt - checked.at.getTime() <= SLACK_MS) return { key, at: checked.at, sealedAt };
  return finding("time_order", { instance, key: digest, what: "says that it was sealed after the authority had stamped it", expected: `${checked.at.toISOString()} or earlier`, found: document.header.sealed_at });
}

function noteLate(late: readonly StampedDigest[]): Note[] {
  const [first] = late.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  if (first === undefined) return [];
  const text = late.length === 1 ? `was made at ${first.at.toISOString()}, more than a day after its digest: it vouches for the digest from then on` : `and ${String(late.length - 1)} more tokens were made more than a day after their digests: each vouches for its digest from its own time on`;
  return [{ key: first.key, text }];
}
