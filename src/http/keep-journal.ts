import type { Logger } from "pino";
import { addDuration, type Duration } from "../archive/retention/duration.ts";
import { type JournalEntry, removeJournalBefore, writeJournal } from "../lake/records/journal.ts";
import type { Clock } from "../ledger/clock.ts";
import { dayOf } from "../ledger/days.ts";
import { MINUTE_MS } from "../ledger/durations.ts";
import { messageOf } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { shareRun } from "./share-run.ts";

/** Entries in memory while the lake cannot be written; some 300 bytes each. */
const MOST_KEPT = 20_000;
const MOST_IN_BATCH = 5_000;

export interface Journal {
  add(entry: JournalEntry): void;
  /** Writes what there is. Never fails: what cannot be written is tried again with the next call. */
  flush(): Promise<void>;
  /** Writes the rest. */
  close(): Promise<void>;
}

interface JournalParts {
  lake: ObjectStore;
  keep: Duration;
  clock: Clock;
  log: Logger;
  /** Distinguishes this worker's objects from those of others. */
  worker: string;
}

interface Batch {
  name: string;
  entries: readonly [JournalEntry, ...JournalEntry[]];
}

/** Keeps the journal of reads: in memory for at most a minute, then in the lake. Once a day what is older than `keep` is removed. */
export function keepJournal({ lake, keep, clock, log, worker }: JournalParts): Journal {
  const waiting: JournalEntry[] = [];
  /** A write whose outcome is not known is repeated under the same key. */
  let batch: Batch | undefined;
  let written = 0;
  let dropped = 0;
  let tidied: string | undefined;

  const flush = shareRun(async () => {
    try {
      for (batch ??= nextBatch(); batch !== undefined; batch = nextBatch()) await writeJournal(lake, batch.entries, batch.name);
      if (dropped > 0) log.warn({ dropped }, "the journal of reads lacks its oldest entries: the lake could not be written for too long");
      dropped = 0;
      await tidy();
    } catch (error) {
      log.warn({ reason: messageOf(error), waiting: waiting.length + (batch?.entries.length ?? 0), dropped }, "the journal of reads cannot be written now");
    }
  });

  /** The oldest entries, all of one day. */
  function nextBatch(): Batch | undefined {
    const day = waiting[0]?.at.slice(0, 10);
    const end = waiting.findIndex(({ at }) => !at.startsWith(day ?? ""));
    const [first, ...more] = waiting.splice(0, Math.min(MOST_IN_BATCH, end === -1 ? waiting.length : end));
    return first === undefined ? undefined : { name: `${worker}-${String(++written)}`, entries: [first, ...more] };
  }

  async function tidy(): Promise<void> {
    const today = dayOf(clock(), "UTC");
    if (tidied === today) return;
    const first = firstKept(today, keep);
    const removed = await removeJournalBefore(lake, first);
    if (removed > 0) log.info({ removed, before: first }, "old parts of the journal of reads were removed");
    tidied = today;
  }

  const timer = setInterval(() => void flush(), MINUTE_MS);
  timer.unref();
  return {
    add(entry) {
      waiting.push(entry);
      if (waiting.length <= MOST_KEPT) return;
      waiting.shift();
      dropped++;
    },
    flush,
    close: async () => {
      clearInterval(timer);
      // One that is under way does not have the last entries.
      await flush();
      await flush();
      const lost = waiting.length + (batch?.entries.length ?? 0);
      if (lost > 0) log.error({ lost }, "the last entries of the journal of reads are lost: the lake cannot be written");
    },
  };
}

/** The first day that is kept: a day is removed when `keep` has passed since its end. */
function firstKept(today: string, keep: Duration): string {
  const back = addDuration(new Date(`${today}T00:00:00Z`), { ...keep, count: -keep.count });
  return dayOf(back, "UTC");
}
