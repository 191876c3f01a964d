import type { DuckDBInstance } from "@duckdb/node-api";
import { sqlText } from "./sql-texts.ts";

interface DatabaseSettings {
  threads: number;
  memoryLimit: string;
  /** Folder for data that does not fit into memory. */
  spill: string;
}

export interface Database extends Omit<DatabaseSettings, "spill"> {
  instance: DuckDBInstance;
  closing?: NodeJS.Timeout;
}

/** How long an unused database is kept for the next user: creating one takes longer than most queries. */
const IDLE_MILLISECONDS = 500;
const idle = new Set<Database>();

/** A database that nobody else uses: one that was just used with the same threads and memory, or a new one. */
export async function takeDatabase(settings: DatabaseSettings): Promise<Database> {
  const kept = takeIdle(settings);
  return (kept && (await movedTo(kept, settings.spill))) ?? (await openDatabase(settings));
}

/** @param isSound whether its last use succeeded; otherwise it is closed. */
export function giveBack(database: Database, isSound: boolean): void {
  if (!isSound) {
    database.instance.closeSync();
    return;
  }
  idle.add(database);
  database.closing = setTimeout(() => {
    idle.delete(database);
    database.instance.closeSync();
  }, IDLE_MILLISECONDS).unref();
}

function takeIdle({ threads, memoryLimit }: DatabaseSettings): Database | undefined {
  const found = [...idle].find((database) => database.threads === threads && database.memoryLimit === memoryLimit);
  if (found === undefined) return undefined;
  clearTimeout(found.closing);
  idle.delete(found);
  return found;
}

/** Gives a database another folder. Closes it instead if it has written to its folder, because DuckDB then does not change it. */
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

async function openDatabase({ threads, memoryLimit, spill }: DatabaseSettings): Promise<Database> {
  // The library takes 30 MB to load; a run that finds nothing stale does not need it.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    temp_directory: spill,
    threads: String(threads),
    memory_limit: memoryLimit,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "true",
    // Local files are in the system's cache already; a second copy here would take memory from sorting.
    enable_external_file_cache: "false",
  });
  return { instance, threads, memoryLimit };
}
