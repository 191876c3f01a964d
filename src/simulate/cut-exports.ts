import { HOUR_MS } from "../ledger/durations.ts";
import type { SimulationOptions } from "./options.ts";
import type { Random } from "./random.ts";
import type { SimulatedRecord } from "./simulated-record.ts";

const LATE_BY = 2 * 24 * HOUR_MS;

export interface ExportEntry {
  record: SimulatedRecord;
  /** Whether an earlier export held it already. */
  again: boolean;
}

export interface CutExport {
  /** Unix seconds of the export, greater than those of the one before. */
  second: number;
  entries: ExportEntry[];
}

/** Cuts the requests, which come in order of time, into exports as the gateway would; those without requests are left out. */
export function* cutExports(
  records: Iterable<SimulatedRecord>,
  options: SimulationOptions,
  random: Random,
): Generator<CutExport> {
  const interval = options.everySeconds * 1000;
  let boundary = Math.floor(options.from.getTime() / 1000) * 1000 + interval;
  let held: (ExportEntry & { due: number })[] = [];
  let entries: ExportEntry[] = [];
  let lastSecond = -Infinity;

  function cut(): CutExport {
    // Requests beyond the limit go into further exports directly after the first.
    const second = Math.max(boundary / 1000, lastSecond + 1);
    const finished = { second, entries };
    lastSecond = second;
    entries = [];
    return finished;
  }

  function* passBoundary(): Generator<CutExport> {
    if (entries.length > 0) yield cut();
    boundary += interval;
    const due = held.filter((entry) => entry.due <= boundary);
    if (due.length === 0) return;
    held = held.filter((entry) => entry.due > boundary);
    for (const { record, again } of due) {
      entries.push({ record, again });
      if (entries.length === options.limit) yield cut();
    }
  }

  for (const record of records) {
    while (record.at >= boundary) yield* passBoundary();
    const fate = random.unit();
    if (fate < options.late) {
      held.push({ record, again: false, due: record.at + LATE_BY });
      continue;
    }
    entries.push({ record, again: false });
    if (fate < options.late + options.duplicates) held.push({ record, again: true, due: boundary + interval });
    if (entries.length === options.limit) yield cut();
  }
  while (held.length > 0 || entries.length > 0) yield* passBoundary();
}
