import { archiveLayout } from "../lake/layout.ts";
import { messageOf } from "../ledger/errors.ts";
import type { Ledger } from "../open/ledger.ts";
import { requireBounded } from "../storage/read-bounded.ts";
import { largestOf } from "./chain/document-bounds.ts";
import { createLocked, retentionFrom } from "./copies/create-locked.ts";
import { listArchive } from "./copies/list-archive.ts";

export interface StampedDigests {
  /** Tokens that this call stored. */
  stamped: number;
  /** Digests that still have none. */
  waiting: number;
  /** Why there are no more: the authority, or a store that cannot keep a token. Null if all that were asked for are stored. */
  problem: string | null;
}

/** An authority that many digests are new to would be asked for minutes. */
const MOST_AT_ONCE = 200;

/**
 * Gets a token for each digest that has none, the newest first, and stores it beside the digest. Stops at the first failure
 * and never throws it, since what is sealed stays sealed: the next call asks again. Undefined if no authority is configured.
 */
export async function stampDigests({ stores: { archive }, work: { archiving, clock } }: Pick<Ledger, "stores" | "work">): Promise<StampedDigests | undefined> {
  if (archiving.timestamps === undefined) return undefined;
  const unstamped = await findUnstamped(archive);
  let stamped = 0;
  for (const key of unstamped.slice(0, MOST_AT_ONCE)) {
    try {
      const digest = await requireBounded(archive, key, largestOf(key));
      // Loaded only where an authority is configured.
      const token = await (await import("./timestamps/ask-authority.ts")).askAuthority(archiving.timestamps, digest);
      await createLocked(archive, archiveLayout.timestamp(key), token, retentionFrom(archiving.lock, clock()));
      stamped++;
    } catch (error) {
      return { stamped, waiting: unstamped.length - stamped, problem: messageOf(error) };
    }
  }
  return { stamped, waiting: unstamped.length - stamped, problem: null };
}

async function findUnstamped(archive: Ledger["stores"]["archive"]): Promise<string[]> {
  const gateways = [...(await listArchive(archive)).values()];
  const tokens = new Set(gateways.flatMap(({ timestamps }) => timestamps.map(({ key }) => key)));
  const digests = gateways.flatMap((gateway) => gateway.digests.map(({ key }) => key));
  return digests.filter((key) => !tokens.has(archiveLayout.timestamp(key))).sort((a, b) => (dayAndKey(a) < dayAndKey(b) ? 1 : -1));
}

function dayAndKey(key: string): string {
  return `${key.slice(key.lastIndexOf("/") + 1)} ${key}`;
}
