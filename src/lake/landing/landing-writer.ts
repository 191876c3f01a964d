import { DAY_MICROS } from "../../ledger/durations.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";
import { DateFile, type LandingFile, SpareColumns } from "./date-file.ts";
import type { Origin } from "./landed-columns.ts";

/** A column of a row group is an array of 64 KB; arrays of twice that size would be allocated separately and freed late. */
const ROWS_PER_GROUP = 8000;
/** Rows in memory over all dates: an export may spread its records over as many dates as it likes. */
const ROWS_IN_MEMORY = 32_000;

/** The export of the records, with the facts that decide between duplicates. */
export interface LandedExport {
  time: Date;
  /** 0; replacements of an export under the same name are 1, 2, … */
  version: number;
}

/** Writes the usage records of one export into one Parquet file per UTC date, in the order of arrival. */
export class LandingWriter {
  readonly #directory: string;
  readonly #origin: Origin;
  readonly #dates = new Map<number, DateFile>();
  readonly #spare = new SpareColumns();
  #buffered = 0;

  /** @param directory existing local folder for the files. */
  constructor(directory: string, { time, version }: LandedExport) {
    this.#directory = directory;
    this.#origin = { exportTime: time.getTime() * 1000, exportVersion: version };
  }

  add(usage: UsageRecord, position: number): void {
    const day = Math.floor(usage.ts / DAY_MICROS);
    let file = this.#dates.get(day);
    if (file === undefined) {
      file = new DateFile(this.#directory, day, this.#spare);
      this.#dates.set(day, file);
    }
    file.add(usage, this.#origin, position);
    this.#buffered++;
    if (file.buffered === ROWS_PER_GROUP) this.#buffered -= file.writeGroup();
    if (this.#buffered === ROWS_IN_MEMORY) this.#writeLargest();
  }

  /** Completes the files; returns them in order of date. */
  finish(): LandingFile[] {
    const days = [...this.#dates.keys()].sort((a, b) => a - b);
    return days.flatMap((day) => this.#dates.get(day)?.finish() ?? []);
  }

  #writeLargest(): void {
    let largest: DateFile | undefined;
    for (const file of this.#dates.values()) if (file.buffered > (largest?.buffered ?? 0)) largest = file;
    this.#buffered -= largest?.writeGroup() ?? 0;
  }
}
