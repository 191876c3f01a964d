import { canonicalBytes, sha256Hex } from "../chain/canonical.ts";
import type { EventOf } from "../chain/event.ts";
import { nextEventTime } from "../chain/next-event-time.ts";
import { recordEvent } from "../chain/record-event.ts";
import type { SigningKey } from "../chain/signing-key.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { SoundChain } from "./find-chain.ts";
import { listExports } from "./list-export.ts";

/** Limit of exports per checkpoint, so that an event can be read into memory. */
const MOST_EXPORTS = 1000;

/**
 * Writes signed events that list what no digest or earlier checkpoint lists; returns their keys. Writes nothing if nothing arrived.
 * Throws `archive_broken` for anything that a digest would not list either.
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
  // A new checkpoint for nothing but the previous checkpoint would never end.
  if (entries.length === 0 && events.every(({ document: { header } }) => header.kind === "checkpoint")) return [];
  const exports = (await listExports(ledger, entries, state, chain)).map(({ key, size, sha256, receipt }) => ({ key, size, sha256, receipt }));
  const moments = chain.events.map(({ document }) => document.header.at);
  const written: string[] = [];
  for (let from = 0; from === 0 || from < exports.length; from += MOST_EXPORTS) {
    const at = nextEventTime(moments, now).toISOString();
    const listed = { exports: exports.slice(from, from + MOST_EXPORTS), events: from === 0 ? events.map(({ key, size, sha256 }) => ({ key, size, sha256 })) : [] };
    const id = sha256Hex(canonicalBytes(listed)).slice(0, 16);
    const event: EventOf<"checkpoint"> = { format: 1, kind: "checkpoint", id, instance, at, by: "checkpoint-archive", head: links.at(-1)?.sha256 ?? null, ...listed };
    written.push(await recordEvent(ledger.stores.archive, event, signingKey, ledger.work.archiving.lock));
    moments.push(at);
  }
  ledger.telling.log.info({ instance, exports: exports.length, events: events.length }, "checkpoint written");
  return written;
}
