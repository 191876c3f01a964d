import { join } from "node:path";
import { readFieldTypes } from "../../aperture/reader/field-types.ts";
import { noteLedger } from "../../lake/ledger-notes.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Condition } from "../conditions/condition.ts";

/** A larger copy is not read to find the type of a field. */
const MOST_BYTES = 2 ** 28;

/** Adds the type of each new field to the condition. The type comes from the copy of the first export with the field; without that copy it is unknown. */
export async function describeNewFields(archive: ObjectStore, condition: Condition, exports: readonly KnownExport[]): Promise<Condition> {
  const ofGateway = exports.filter(({ instance }) => instance === condition.subject);
  const { unknown_keys: keys } = noteLedger(ofGateway, []);
  const types = new Map<string, string>();
  for (const [name, ofExport] of Map.groupBy(keys, ({ first_export: first }) => first)) {
    const read = await typesIn(archive, ofGateway.find((one) => one.name === name), new Set(ofExport.map(({ key }) => key)));
    for (const [key, type] of read) types.set(key, type);
  }
  return { ...condition, facts: keys.map(({ key, records, first_export: first }) => `${key} (${types.get(key) ?? "type not known"}): in ${String(records)} records, first in ${first}`) };
}

async function typesIn(archive: ObjectStore, known: KnownExport | undefined, paths: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  if (known === undefined || known.copy === "purged" || (known.content?.size ?? 0) > MOST_BYTES) return new Map();
  try {
    return await withWorkspace(async (workspace) => {
      const file = join(workspace, "export");
      await archive.download(known.archive, file);
      return await readFieldTypes(file, paths);
    });
  } catch (error) {
    // A copy that is gone has a finding of its own.
    if (error instanceof LedgerError) return new Map();
    throw error;
  }
}
