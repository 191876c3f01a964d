import { totalmem } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export interface DuckSettings {
  /** Existing folder for what does not fit into memory. */
  temporaryDirectory: string;
  /** About how many rows are read at the most, where they may be many. */
  rows?: number;
  /** By default as many as that number of rows is worth. */
  threads?: number;
  /** Bounds DuckDB's buffers, not the process; what does not fit goes to the temporary directory. */
  memoryLimit?: string;
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
  { temporaryDirectory, rows = 0, threads = rows < ROWS_WORTH_THREADS ? 1 : 2, memoryLimit = defaultMemoryLimit() }: DuckSettings,
  use: (duck: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  // Made when it is needed, and only inside a folder that is still there.
  const spill = join(temporaryDirectory, "duckdb");
  const kept = idleDatabase(threads, memoryLimit);
  const database = (kept && (await movedTo(kept, spill))) ?? (await openDatabase(threads, memoryLimit, spill));
  try {
    const duck = await database.instance.connect();
    try {
      await duck.run("SET TimeZone = 'UTC'");
      return await use(duck);
    } finally {
      duck.closeSync();
    }
  } catch (error) {
    database.isBroken = true;
    throw error;
  } finally {
    release(database);
  }
}

interface Database {
  instance: DuckDBInstance;
  threads: number;
  memoryLimit: string;
  /** Whether the last use failed; nobody uses it again then. */
  isBroken: boolean;
  closing?: NodeJS.Timeout;
}

/** How long a database without a user is kept for the next one: to make one takes longer than most of what they are asked. */
const IDLE_MILLISECONDS = 500;
const idle = new Set<Database>();

function idleDatabase(threads: number, memoryLimit: string): Database | undefined {
  const found = [...idle].find((database) => database.threads === threads && database.memoryLimit === memoryLimit);
  if (found === undefined) return undefined;
  clearTimeout(found.closing);
  idle.delete(found);
  return found;
}

/** DuckDB does not leave a folder that it has written to. */
async function movedTo(database: Database, spill: string): Promise<Database | undefined> {
  try {
    const duck = await database.instance.connect();
    await duck.run(`SET temp_directory = ${sqlText(spill)}`).finally(() => duck.closeSync());
    return database;
  } catch {
    database.instance.closeSync();
    return undefined;
  }
}

async function openDatabase(threads: number, memoryLimit: string, spill: string): Promise<Database> {
  // The library takes 30 MB to load; a run that finds nothing stale does not pay it.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    temp_directory: spill,
    threads: String(threads),
    memory_limit: memoryLimit,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "true",
    // Local files are in the system's cache already; a second copy here would push out what is being sorted.
    enable_external_file_cache: "false",
  });
  return { instance, threads, memoryLimit, isBroken: false };
}

function release(database: Database): void {
  if (database.isBroken) {
    database.instance.closeSync();
    return;
  }
  idle.add(database);
  database.closing = setTimeout(() => {
    idle.delete(database);
    database.instance.closeSync();
  }, IDLE_MILLISECONDS).unref();
}

/** Half of what the machine has, or of what its container may use: the process itself needs some as well. */
function defaultMemoryLimit(): string {
  const constrained = process.constrainedMemory();
  const available = Math.min(totalmem(), constrained > 0 ? constrained : Infinity) / MEBIBYTE;
  return `${Math.min(MOST_MEMORY_MIB, Math.floor(available / 2))}MiB`;
}

/**
 * The SQL that reads local Parquet files. Partitions are not taken from their paths: a folder that happens to be
 * named `instance=x` would otherwise overwrite a column.
 */
export function readParquet(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false)`;
}

/** As `readParquet`, of files that need not have the same columns. */
export function readParquetByName(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false, union_by_name = true)`;
}

/** A text literal of SQL. A NUL character, which a login may hold, would end the statement. */
export function sqlText(text: string): string {
  const parts = text.split("\0").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? parts.join("") : `(${parts.join(" || chr(0) || ")})`;
}
