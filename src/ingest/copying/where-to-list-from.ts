import { DAY_MS } from "../../ledger/durations.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import type { ExportSource } from "../../open/ledger.ts";

/** An object that appears later than this after newer ones is found by the next full pull. */
const LOOK_BACK_MILLISECONDS = 2 * DAY_MS;

/**
 * The key after which a pull may begin: every ingested export up to it is older than the look-back.
 * Undefined, which means from the beginning, unless all known exports of the source are in one folder and in order of time.
 */
export function whereToListFrom({ instance, store }: ExportSource, known: readonly KnownExport[]): string | undefined {
  const seen = known.flatMap((one) =>
    one.instance === instance
      ? one.sources.filter(({ url }) => url === store.url).map(({ key }) => ({ key, bytes: Buffer.from(key), time: Date.parse(one.time) }))
      : [],
  );
  seen.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const [first] = seen;
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const inOrder = seen.every(({ key, time }, index) => folderOf(key) === folderOf(first.key) && time >= (seen[index - 1]?.time ?? time));
  return inOrder ? seen.findLast(({ time }) => time < last.time - LOOK_BACK_MILLISECONDS)?.key : undefined;
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}
