import { canonicalBytes, sha256Hex } from "../chain/canonical.ts";
import type { EventOf } from "../chain/event.ts";
import { laterThan } from "../chain/later-than.ts";
import { recordEvent } from "../chain/record-event.ts";
import type { SigningKey } from "../chain/signing-key.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { SoundChain } from "./find-chain.ts";
import { listExports } from "./list-export.ts";

/** Of exports in one checkpoint: an event stays small enough to be read whole. */
const MOST_EXPORTS = 1000;

/**
 * Writes signed events that list what neither a digest nor an earlier checkpoint does; returns their keys. Nothing is written where
 * nothing came. Throws `archive_broken` for what a digest would not list either.
 */
export async function writeCheckpoints(
  ledger: Ledger,
  chain: SoundChain,
  { signingKey, state, now }: { signingKey: SigningKey; state: LedgerState; now: Date },
): Promise<string[]> {
  const { checkpointed, fresh } = chain;
  const { instance, links } = chain.chain;
  const entries = fresh.exports.filter(({ key }) => !checkpointed.exports.has(key));
  const events = fresh.events.filter(({ key }) => !checkpointed.events.has(key));
  // That only a checkpoint came since the last one is nothing to write another one about.
  if (entries.length === 0 && events.every(({ document: { header } }) => header.kind === "checkpoint")) return [];
  const exports = (await listExports(ledger, entries, state, chain)).map(({ key, size, sha256, receipt }) => ({ key, size, sha256, receipt }));
  const moments = chain.events.map(({ document }) => document.header.at);
  const written: string[] = [];
  for (let from = 0; from === 0 || from < exports.length; from += MOST_EXPORTS) {
    const at = laterThan(moments, now).toISOString();
    const listed = { exports: exports.slice(from, from + MOST_EXPORTS), events: from === 0 ? events.map(({ key, size, sha256 }) => ({ key, size, sha256 })) : [] };
    const id = sha256Hex(canonicalBytes(listed)).slice(0, 16);
    const event: EventOf<"checkpoint"> = { format: 1, kind: "checkpoint", id, instance, at, by: "checkpoint-archive", head: links.at(-1)?.sha256 ?? null, ...listed };
    written.push(await recordEvent(ledger.stores.archive, event, signingKey, ledger.work.archiving.lock));
    moments.push(at);
  }
  ledger.telling.log.info({ instance, exports: exports.length, events: events.length }, "checkpoint written");
  return written;
}
