import { totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { giveBack, takeDatabase } from "./kept-databases.ts";

export interface DuckSettings {
  /** Existing folder for what does not fit into memory. */
  temporaryDirectory: string;
  /** About how many rows are read at the most, where they may be many. */
  rows?: number;
  /** By default as many as that number of rows is worth. */
  threads?: number;
  /** Bounds DuckDB's buffers, not the process; what does not fit goes to the temporary directory. Where the machine has little, it is less. */
  mostMemoryMiB?: number;
}

const MEBIBYTE = 2 ** 20;
/** Below, threads take more of the processors than they save of the time. */
const ROWS_WORTH_THREADS = 250_000;
/** Measured: a process that builds a day of 5,000,000 rows then has 1.5 GB resident. */
const MOST_MEMORY_MIB = 1000;

/**
 * Runs `use` with an in-memory DuckDB that reads and writes local files only: extensions are never fetched,
 * times are UTC, and rows keep their order so that the same rows are written as the same bytes. Only temporary tables are gone
 * afterwards: others would meet the next user.
 */
export async function withDuckDb<Result>(
  { temporaryDirectory, rows = 0, threads = rows < ROWS_WORTH_THREADS ? 1 : 2, mostMemoryMiB = MOST_MEMORY_MIB }: DuckSettings,
  use: (duck: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  // Made when it is needed, and only inside a folder that is still there.
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

/** At most half of what the machine has, or of what its container may use: the process itself needs some as well. */
function memoryLimit(mostMiB: number): string {
  const constrained = process.constrainedMemory();
  const available = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / MEBIBYTE;
  return `${Math.min(mostMiB, Math.floor(available / 2))}MiB`;
}
