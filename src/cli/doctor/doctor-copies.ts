import { compareCopies, sayAlteredCopy } from "../../ingest/copying/compare-copies.ts";
import { listWithoutReceipts } from "../../archive/copies/list-archive.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { openArchive, openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

const CHECK = "copies";

/** Limit of bytes to read of copies with a different ETag but the same size, since doctor should answer soon. */
const MOST_BYTES = 2 ** 28;

/** More are counted; status lists them all. */
const MOST_NAMED = 5;

/** Copies in the archive that were altered. */
export async function findInCopies(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  try {
    const lake = await openLake(config);
    const archive = await openArchive(config);
    const { exports } = await loadLedgerState(lake);
    const archived = new Map<string, ObjectEntry>();
    for await (const entry of listWithoutReceipts(archive)) archived.set(entry.key, entry);
    const { altered } = await compareCopies(archive, await openArchiving(config, false), exports.values(), archived, MOST_BYTES);
    return altered.length === 0 ? [] : [describe(altered.map(sayAlteredCopy))];
  } catch (error) {
    // A lake or an archive that cannot be read has a finding of its own.
    if (error instanceof LedgerError) return [];
    throw error;
  }
}

function describe(altered: readonly string[]): Finding {
  const more = altered.length - MOST_NAMED;
  const finding = `${altered.slice(0, MOST_NAMED).join("; ")}${more > 0 ? `; and ${String(more)} more` : ""}`;
  return { check: CHECK, state: "attention", finding, remedy: "restore them from a backup or from their source; aperture-ledger archive verify says what else was altered" };
}
