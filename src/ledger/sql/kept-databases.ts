import type { DuckDBInstance } from "@duckdb/node-api";
import { sqlText } from "./sql-texts.ts";

interface DatabaseSettings {
  threads: number;
  memoryLimit: string;
  /** Folder for what does not fit into memory. */
  spill: string;
}

export interface Database extends Omit<DatabaseSettings, "spill"> {
  instance: DuckDBInstance;
  closing?: NodeJS.Timeout;
}

/** How long a database without a user is kept for the next one: to make one takes longer than most of what they are asked. */
const IDLE_MILLISECONDS = 500;
const idle = new Set<Database>();

/** A database that nobody else uses: one that was just used with the same threads and memory, or a new one. */
export async function takeDatabase(settings: DatabaseSettings): Promise<Database> {
  const kept = takeIdle(settings);
  return (kept && (await movedTo(kept, settings.spill))) ?? (await openDatabase(settings));
}

/** @param isSound whether its last use succeeded; nobody gets it again otherwise. */
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

async function openDatabase({ threads, memoryLimit, spill }: DatabaseSettings): Promise<Database> {
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
  return { instance, threads, memoryLimit };
}
