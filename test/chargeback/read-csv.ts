import { parse } from "csv-parse/sync";

/** The rows of a CSV file, its header among them. */
export function readCsv(csv: string): string[][] {
  return parse(csv, { bom: true });
}
