import pMap from "p-map";
import { exportManifest } from "../../lake/landing/export-manifest.ts";
import { readJson, replaceJson } from "../../lake/json-object.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { withEtag } from "../../lake/note-restored.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import type { Ledger } from "../../open/ledger.ts";
import { compareCopies, type ComparedCopies, sayAlteredCopy } from "./compare-copies.ts";

/** Of an archive that was copied this much is compared in one run; the next runs go on. */
const MOST_BYTES = 16 * 2 ** 30;

const MANIFESTS_AT_ONCE = 16;

/**
 * Compares the copies in the archive with what is known of them, warns of those that were altered, and notes the ETags of those that are
 * what they were, so that they are not read again.
 * @param archived what the archive holds, by key.
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
    { concurrency: MANIFESTS_AT_ONCE },
  );
  if (settled.length > 0) log.info({ copies: settled.length }, "copies are what they were under other ETags, as in an archive that was copied or restored: noted");
  if (notCompared > 0) log.info({ copies: notCompared }, "copies have other ETags and are not compared yet: the next runs go on");
  return compared;
}
