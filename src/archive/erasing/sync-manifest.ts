import { loadVerifiedEvents } from "../chain/verified-events.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { reductionsBetween } from "../chain/reduced-content.ts";
import { type ExportManifest, exportManifest, type WrittenObject } from "../../lake/landing/export-manifest.ts";
import { readJson } from "../../lake/json-object.ts";
import { layout } from "../../lake/layout.ts";
import { markErased, markReduced } from "../../lake/landing/mark-copy.ts";
import type { Ledger } from "../../open/ledger.ts";

const ERASURE = "erasure ";

/** The `rule` of a reduction that belongs to an erasure. */
export function erasureRule(id: string): string {
  return `${ERASURE}${id}`;
}

export function isErasure(rule: string): boolean {
  return rule.startsWith(ERASURE);
}

/**
 * Updates an export's manifest to the existing copy, from signed events, in case a run ended between replacing the copy and updating
 * the manifest. Returns the updated manifest; undefined if no events lead to that copy. Throws `object_locked` if the earlier
 * versions are protected by now.
 * @param events the verified events; read from the archive by default.
 */
export async function syncManifest(ledger: Pick<Ledger, "stores" | "work">, known: ExportManifest, copy: Omit<WrittenObject, "key">, events?: readonly ArchiveEvent[]): Promise<ExportManifest | undefined> {
  const { stores: { archive, lake }, work: { archiving } } = ledger;
  const { instance, stem, archive: before } = known;
  if (before.sha256 === copy.sha256) return known;
  const declared = events ?? (await loadVerifiedEvents(archive, instance, archiving.signingKey?.publicKey));
  const steps = reductionsBetween(before.key, declared, { from: before.sha256, to: copy.sha256 });
  if (steps === undefined) return undefined;
  await archive.locks?.eraseEarlier(before.key);
  const { etag } = copy;
  for (const { event, object } of steps) {
    const now: WrittenObject = { key: before.key, etag, ...object.after };
    if (isErasure(event.rule)) await markErased(lake, { instance, stem }, now);
    else await markReduced(lake, { instance, stem }, { at: event.at, rule: event.rule, records: object.records_removed }, now);
  }
  return await readJson(lake, layout.exportManifest(instance, stem), exportManifest);
}
