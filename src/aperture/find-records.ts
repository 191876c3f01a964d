import { decompressExport } from "./decompress.ts";
import { planRecord, ProjectedIdentity } from "./projection.ts";
import { RecordReader } from "./record-reader.ts";

/** Positions (as in `RecordPlace`) of the records that a login made, accepted or not. @param login in small letters. */
export async function findRecordsOf(file: string, login: string): Promise<Set<number>> {
  const positions = new Set<number>();
  const reader = new RecordReader(planRecord([]), {
    record({ identity }, { position }) {
      const recorded = identity instanceof ProjectedIdentity ? identity.login_name : undefined;
      if (typeof recorded === "string" && recorded.toLowerCase() === login) positions.add(position);
    },
    noRecord: () => undefined,
  });
  await decompressExport(file, (bytes) => reader.push(bytes));
  return positions;
}
