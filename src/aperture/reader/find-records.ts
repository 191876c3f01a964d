import { decompressExport } from "./zstd/decompress.ts";
import { planRecord, ProjectedIdentity } from "./projection.ts";
import { RecordReader } from "./record-reader.ts";

/** Records of one login, by their positions (as in `RecordPlace`), accepted or not. */
export interface RecordsOfLogin {
  /** In lower case; undefined where all records have the pseudonym. */
  login: string | undefined;
  positions: ReadonlySet<number>;
}

/**
 * The records of the first matching login; undefined where no login matches.
 * @param isMeant receives a login in lower case; matches one login at most. @param pseudonym its records are included.
 */
export async function findRecordsOf(file: string, isMeant: (login: string) => boolean, pseudonym?: string): Promise<RecordsOfLogin | undefined> {
  let found: string | undefined;
  const positions = new Set<number>();
  const reader = new RecordReader(planRecord([]), {
    record({ identity }, { position }) {
      const recorded = identity instanceof ProjectedIdentity ? identity.login_name : undefined;
      if (typeof recorded !== "string") return;
      const login = recorded.toLowerCase();
      const isPseudonym = login === pseudonym;
      if (!isPseudonym && (found === undefined ? !isMeant(login) : login !== found)) return;
      if (!isPseudonym) found = login;
      positions.add(position);
    },
    noRecord: () => undefined,
  });
  await decompressExport(file, (bytes) => reader.push(bytes));
  return positions.size === 0 ? undefined : { login: found, positions };
}
