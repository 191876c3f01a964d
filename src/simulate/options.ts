import { LedgerError } from "../ledger/errors.ts";

export interface SimulationOptions {
  /** Start of the first day; whole seconds count. */
  from: Date;
  days: number;
  /** Any text; the same options give the same bytes. */
  seed: string;
  /** Requests altogether, each counted once however often it is exported. */
  records: number;
  /** Whether captures hold the conversation: about half a megabyte a record instead of two kilobytes. */
  bodies: boolean;
  /** Time between exports. */
  everySeconds: number;
  /** Most records in one export. */
  limit: number;
  /** Share of requests that are exported twice, from 0 to 1. */
  duplicates: number;
  /** Share of requests that are exported two days late, from 0 to 1. */
  late: number;
  /** Number of requests in the last hour for each request in the first, if both hours are of the same kind. 1: no growth. */
  growth: number;
}

export const DEFAULT_OPTIONS: Readonly<SimulationOptions> = {
  from: new Date("2026-10-01T00:00:00Z"),
  days: 31,
  seed: "aperture-ledger",
  records: 20_000,
  bodies: false,
  everySeconds: 3600,
  limit: 1000,
  duplicates: 0.006,
  late: 0.004,
  growth: 1,
};

/** Aperture's exporter accepts 10,000; a file of more shows what reading costs and nothing else. */
const LARGEST_LIMIT = 1_000_000;
const LARGEST_GROWTH = 1000;

/** Fills in the defaults; throws `usage` when a value makes no sense. */
export function simulationOptions(given: Partial<SimulationOptions>): SimulationOptions {
  const options = { ...DEFAULT_OPTIONS, ...given };
  if (Number.isNaN(options.from.getTime())) {
    throw refused("from", options.from, "a date such as 2026-10-01T00:00:00Z");
  }
  requireWhole("days", options.days, 3660);
  requireWhole("records", options.records, Number.MAX_SAFE_INTEGER);
  requireWhole("everySeconds", options.everySeconds, Number.MAX_SAFE_INTEGER);
  requireWhole("limit", options.limit, LARGEST_LIMIT);
  if (!(options.growth > 0 && options.growth <= LARGEST_GROWTH)) throw refused("growth", options.growth, `a factor above 0, at most ${LARGEST_GROWTH}`);
  requireShare("duplicates", options.duplicates);
  requireShare("late", options.late);
  if (options.duplicates + options.late > 1) {
    throw refused("duplicates + late", options.duplicates + options.late, "at most 1 together");
  }
  return options;
}

function requireWhole(name: string, value: number, highest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > highest) {
    throw refused(name, value, `a whole number from 1 to ${highest}`);
  }
}

function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw refused(name, value, "a share from 0 to 1");
}

function refused(name: string, value: unknown, wanted: string): LedgerError {
  return new LedgerError("usage", `Cannot simulate with ${name} ${String(value)}`, {
    remedy: `Give ${name} as ${wanted}.`,
  });
}
