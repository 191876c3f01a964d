import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { ObjectEntry } from "./object-store.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** An entry with its sort key in bytes. */
interface Sortable {
  entry: ObjectEntry;
  bytes: Buffer;
}

/** About 30 MB; larger listings go through files. */
const ENTRIES_IN_MEMORY = 100_000;

/**
 * Sorts entries by the bytes of their keys in bounded memory: beyond `atOnce` entries, sorted runs are kept in temporary files and merged.
 * @param repeated makes the error for a key that occurs twice.
 */
export async function* sortEntries(entries: AsyncIterable<ObjectEntry>, repeated: (key: string) => Error, atOnce = ENTRIES_IN_MEMORY): AsyncGenerator<ObjectEntry> {
  let workspace: Workspace | undefined;
  const files: string[] = [];
  let run: Sortable[] = [];
  try {
    for await (const entry of entries) {
      run.push({ entry, bytes: Buffer.from(entry.key) });
      if (run.length < atOnce) continue;
      workspace ??= openWorkspace();
      files.push(await writeRun(join(workspace.directory, `run-${String(files.length)}`), sortRun(run, repeated)));
      run = [];
    }
    yield* merge([...files.map((file) => readRun(file)), inOrder(sortRun(run, repeated))], repeated);
  } finally {
    await workspace?.close();
  }
}

function sortRun(run: Sortable[], repeated: (key: string) => Error): Sortable[] {
  run.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  run.forEach(({ entry, bytes }, index) => {
    if (run[index - 1]?.bytes.equals(bytes)) throw repeated(entry.key);
  });
  return run;
}

async function writeRun(file: string, run: readonly Sortable[]): Promise<string> {
  // Line readers also end a line at U+2028 and U+2029, which JSON does not escape.
  const lines = run.map(({ entry }) => `${JSON.stringify(entry).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`)}\n`);
  await writeFile(file, lines.join(""));
  return file;
}

const written = z.object({ key: z.string(), size: z.number(), etag: z.string(), lastModified: z.coerce.date() });

async function* readRun(file: string): AsyncGenerator<Sortable> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const entry = written.parse(JSON.parse(line));
      yield { entry, bytes: Buffer.from(entry.key) };
    }
  } finally {
    // Closing the line reader does not close the file.
    input.destroy();
  }
}

async function* inOrder(run: readonly Sortable[]): AsyncGenerator<Sortable> {
  yield* run;
}

async function* merge(runs: readonly AsyncGenerator<Sortable>[], repeated: (key: string) => Error): AsyncGenerator<ObjectEntry> {
  const heads: { run: AsyncGenerator<Sortable>; head: Sortable }[] = [];
  const advance = async (run: AsyncGenerator<Sortable>): Promise<void> => {
    const next = await run.next();
    if (next.done !== true) heads.push({ run, head: next.value });
  };
  try {
    for (const run of runs) await advance(run);
    for (let last: Buffer | undefined; heads.length > 0; ) {
      const first = heads.reduce((least, one) => (Buffer.compare(one.head.bytes, least.head.bytes) < 0 ? one : least));
      if (last?.equals(first.head.bytes)) throw repeated(first.head.entry.key);
      yield first.head.entry;
      last = first.head.bytes;
      heads.splice(heads.indexOf(first), 1);
      await advance(first.run);
    }
  } finally {
    await Promise.all(runs.map((run) => run.return(undefined)));
  }
}
