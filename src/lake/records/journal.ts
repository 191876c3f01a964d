import { z } from "zod";
import { dayOf } from "../../ledger/days.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { requireBounded } from "../../storage/read-bounded.ts";
import { LARGEST_JSON } from "../json-object.ts";
import { dayOfJournal, JOURNAL, layout } from "../layout.ts";

const journalEntry = z.object({
  /** When it was answered. */
  at: z.iso.datetime(),
  /** Login, or the worker's account for somebody on its machine. */
  by: z.string(),
  /** How that is known: see `KnownBy` of the archive's events. */
  known: z.enum(["loopback", "socket", "secret", "account"]),
  method: z.string(),
  /** Pattern of the route: `/reports/*`. */
  route: z.string(),
  /** Path without its query. */
  path: z.string(),
  /** Names of the query's parameters, without their values, which may name people. */
  filters: z.array(z.string()),
  status: z.number(),
});
/** Somebody read something over HTTP. */
export type JournalEntry = z.infer<typeof journalEntry>;

/** Writes entries of one UTC day as one object, once. @param batch see `layout.journal`; the same batch may be written again. */
export async function writeJournal(lake: ObjectStore, entries: readonly [JournalEntry, ...JournalEntry[]], batch: string): Promise<void> {
  await lake.create(layout.journal(new Date(entries[0].at), batch), journalBytes(entries));
}

function journalBytes(entries: readonly JournalEntry[]): Buffer {
  return Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}

/** The entries from one moment on and before another, in order of time, and keys of objects that are no journal. */
export async function readJournal(lake: ObjectStore, from: Date, to: Date): Promise<{ entries: JournalEntry[]; unreadable: string[] }> {
  const [first, last] = [dayOf(from, "UTC"), dayOf(to, "UTC")];
  const entries: JournalEntry[] = [];
  const unreadable: string[] = [];
  for await (const { key } of lake.list(JOURNAL, `${JOURNAL}${first.replaceAll("-", "/")}`)) {
    const day = dayOfJournal(key);
    if (day !== undefined && day > last) break;
    const read = day === undefined ? undefined : await readBatch(lake, key);
    if (read === undefined) unreadable.push(key);
    else entries.push(...read.filter(({ at }) => Date.parse(at) >= from.getTime() && Date.parse(at) < to.getTime()));
  }
  return { entries: entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)), unreadable };
}

/** Undefined for an object that is no journal. */
async function readBatch(lake: ObjectStore, key: string): Promise<JournalEntry[] | undefined> {
  const lines = Buffer.from(await requireBounded(lake, key, LARGEST_JSON)).toString("utf8").split("\n").filter((line) => line !== "");
  try {
    return lines.map((line) => journalEntry.parse(JSON.parse(line)));
  } catch {
    return undefined;
  }
}

/** Removes what is older. @param first the first day that stays, `YYYY-MM-DD`. */
export async function removeJournalBefore(lake: ObjectStore, first: string): Promise<number> {
  const old: string[] = [];
  for await (const { key } of lake.list(JOURNAL)) {
    const day = dayOfJournal(key);
    if (day === undefined) continue;
    if (day >= first) break;
    old.push(key);
  }
  for (const key of old) await lake.remove(key);
  return old.length;
}

/** Replaces a login everywhere in the journal. Resolves to the number of entries that had it. @param apply without it nothing is written. */
export async function replaceInJournal(lake: ObjectStore, replace: (text: string) => string, apply: boolean): Promise<number> {
  const keys: string[] = [];
  for await (const { key } of lake.list(JOURNAL)) keys.push(key);
  let changed = 0;
  for (const key of keys) {
    const before = await readBatch(lake, key);
    if (before === undefined) continue;
    const after = before.map((entry) => ({ ...entry, by: replace(entry.by), path: replace(entry.path) }));
    const here = after.filter(({ by, path }, index) => by !== before[index]?.by || path !== before[index]?.path).length;
    changed += here;
    if (apply && here > 0) await lake.replace(key, journalBytes(after));
  }
  return changed;
}
