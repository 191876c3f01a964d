import { totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { giveBack, takeDatabase } from "./kept-databases.ts";

export interface DuckSettings {
  /** Existing folder for data that does not fit into memory. */
  temporaryDirectory: string;
  /** Approximate maximum number of rows to read, if they may be many. */
  rows?: number;
  /** By default it depends on the number of rows. */
  threads?: number;
  /** Limits DuckDB's buffers, not the process. Data beyond the limit goes to the temporary directory. On a machine with little memory the limit is lower. */
  mostMemoryMiB?: number;
}

const MEBIBYTE = 2 ** 20;
/** With fewer rows, more threads cost more processor time than the time they save. */
const ROWS_WORTH_THREADS = 250_000;
/** Measured: a process that builds a day of 5,000,000 rows then has 1.5 GB resident. */
const MOST_MEMORY_MIB = 1000;

/**
 * Runs `use` with an in-memory DuckDB that reads and writes local files only: extensions are never fetched,
 * times are UTC, and rows keep their order so that the same rows are written as the same bytes. Create temporary tables
 * only: other tables would still exist for the next user.
 */
export async function withDuckDb<Result>(
  { temporaryDirectory, rows = 0, threads = rows < ROWS_WORTH_THREADS ? 1 : 2, mostMemoryMiB = MOST_MEMORY_MIB }: DuckSettings,
  use: (duck: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  // DuckDB creates this folder when it needs it, and only inside a folder that still exists.
  const spill = join(temporaryDirectory, "duckdb");
  const database = await takeDatabase({ threads, memoryLimit: memoryLimit(mostMemoryMiB), spill });
  let isSound = false;
  try {
    const duck = await database.instance.connect();
    try {
      await duck.run("SET TimeZone = 'UTC'");
      const result = await use(duck);
      isSound = true;
      return result;
    } finally {
      duck.closeSync();
    }
  } finally {
    giveBack(database, isSound);
  }
}

/** At most half of the memory of the machine or of its container, because the process itself needs some too. */
function memoryLimit(mostMiB: number): string {
  const constrained = process.constrainedMemory();
  const available = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / MEBIBYTE;
  return `${Math.min(mostMiB, Math.floor(available / 2))}MiB`;
}
