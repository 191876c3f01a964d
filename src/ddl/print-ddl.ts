import type { FocusVersion } from "../chargeback/focus/focus-settings.ts";
import { IS_LIST_VALUE } from "../ledger/usage/usage-record.ts";
import { visibleText } from "../ledger/text/visible-text.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { EngineName } from "./engines/engine-names.ts";
import { ENGINES } from "./engines/engines.ts";
import type { LakePlace, LakeTable } from "./engines/lake-table.ts";
import { lakeTables } from "./lake-tables.ts";

/** Amounts owed by month, without corrections of earlier months. */
const OWED = `SELECT month, team, sum(cost_usd) AS owed_usd\nFROM allocations\nWHERE NOT (${IS_LIST_VALUE})\nGROUP BY month, team`;

interface Asked {
  engine: EngineName;
  /** Name of the engine's own access to the bucket, where it needs one. */
  connection: string;
  /** The FOCUS version of the charges. */
  focus: FocusVersion;
}

/** The statements, line by line, that let another engine read the lake's tables in place. Writes nothing. */
export async function printDdl(lake: Pick<ObjectStore, "list">, place: LakePlace, { engine: name, connection, focus }: Asked): Promise<string[]> {
  const engine = ENGINES[name];
  const blocks = [engine.notes(place).map(comment).join("\n"), ...engine.prepare(place, connection).map(end)];
  for (const table of lakeTables(focus)) {
    const isDeclared = !engine.needsFiles || (await mayBeThere(lake, table.files));
    blocks.push(isDeclared ? declare(table, engine.declare(table, place, connection)) : comment(`${table.name}: there is no file yet, which this engine needs. Print this again after aperture-ledger ${table.writtenBy}.`));
  }
  return [...blocks, end(engine.view("owed", OWED))].filter((block) => block !== "").join("\n\n").split("\n");
}

function declare({ name, files }: LakeTable, statement: string | null): string {
  return statement === null ? comment(`${name}: this engine reads whole folders, and the folder of these files has other files too. Copy ${files} to a separate folder to read them.`) : end(statement);
}

/** A line feed in a folder's name would end the comment. */
function comment(text: string): string {
  return `-- ${visibleText(text)}`;
}

function end(statement: string): string {
  return `${statement};`;
}

/** Whether a lake has such files, or cannot be listed from here. */
async function mayBeThere(lake: Pick<ObjectStore, "list">, files: string): Promise<boolean> {
  const [first = ""] = files.split("*", 1);
  const last = files.slice(files.lastIndexOf("*") + 1);
  try {
    for await (const { key } of lake.list(first)) {
      if (key.endsWith(last)) return true;
    }
    return false;
  } catch {
    return true;
  }
}
