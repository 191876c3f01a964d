import { decompressExport } from "./zstd/decompress.ts";
import { EnteredMap } from "./projection.ts";
import { type Field, FieldTable } from "./field-table.ts";
import { RecordReader } from "./record-reader.ts";

/** The names of request headers in an export, and how many of its records have them. Their values are skipped. */
export interface HeaderNames {
  records: number;
  /** By name in lower case. */
  names: ReadonlyMap<string, number>;
}

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
/** The most names to count, since a client may write any name. Further names are left out. */
const MOST_NAMES = 500;

/** Reads the names of the captured request headers of a local export file, up to its end or to where it is damaged. */
export async function readHeaderNames(file: string): Promise<HeaderNames> {
  const names = new Map<string, number>();
  let ofRecord = new Set<string>();
  const add = (name: string): void => void (NAME.test(name) && ofRecord.add(name.toLowerCase()));
  const headers = new FieldTable([], "exact", { reading: "name", keep: (_, name) => add(name) });
  const capture = new FieldTable([mapField("requestHeaders", headers)]);
  let records = 0;
  const endRecord = (): void => {
    records++;
    for (const name of ofRecord) if (names.has(name) || names.size < MOST_NAMES) names.set(name, (names.get(name) ?? 0) + 1);
    ofRecord = new Set();
  };
  const reader = new RecordReader(new FieldTable([mapField("capture", capture)]), { record: endRecord, noRecord: () => undefined });
  await decompressExport(file, (bytes) => reader.push(bytes));
  return { records, names };
}

class Passed extends EnteredMap {}

function mapField(name: string, fields: FieldTable): Field {
  return { name, reading: "map", keep: () => undefined, fields, create: () => new Passed() };
}
