import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { exportManifest } from "../../lake/landing/export-manifest.ts";
import { readJson, replaceJson } from "../../lake/json-object.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { withEtag } from "../../lake/note-restored.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import type { Ledger } from "../../open/ledger.ts";
import { compareCopies, type ComparedCopies, sayAlteredCopy } from "./compare-copies.ts";

/** Limit of bytes to compare in one run after an archive was copied; the next runs continue. */
const MOST_BYTES = 16 * 2 ** 30;

/**
 * Compares the copies in the archive with their manifests, warns of altered ones, and notes the ETags of unchanged ones, so that they are
 * not read again.
 * @param archived the objects of the archive, by key.
 */
export async function settleCopies(ledger: Pick<Ledger, "stores" | "telling" | "work">, { exports }: LedgerState, archived: ReadonlyMap<string, ObjectEntry>): Promise<ComparedCopies> {
  const { stores: { lake }, telling: { log } } = ledger;
  const compared = await compareCopies(ledger.stores.archive, ledger.work.archiving, exports.values(), archived, MOST_BYTES);
  const { altered, restored, notCompared } = compared;
  for (const copy of altered) log.warn(copy, sayAlteredCopy(copy));
  const settled = [...exports.values()].filter(({ archive }) => restored.has(archive));
  await pMap(
    settled,
    async ({ manifest: { key } }) => {
      const manifest = await readJson(lake, key, exportManifest);
      await replaceJson(lake, key, { ...manifest, archive: withEtag(manifest.archive, restored) });
    },
    { concurrency: READS_AT_ONCE },
  );
  if (settled.length > 0) log.info({ copies: settled.length }, "unchanged copies have different ETags, as in a copied or restored archive: noted");
  if (notCompared > 0) log.info({ copies: notCompared }, "copies with different ETags are not compared yet: the next runs continue");
  return compared;
}
