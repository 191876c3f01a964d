import type { DuckDBConnection } from "@duckdb/node-api";
import type { WrittenTable } from "../lake/landing/export-manifest.ts";
import type { Clock } from "../ledger/clock.ts";
import { dayOf } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Answer } from "./asking/answer.ts";
import { askRollups } from "./asking/ask-rollups.ts";
import { askSessions, type SessionsAnswer } from "./asking/ask-sessions.ts";
import { BuiltDays, type Coverage, describeCoverage, utcDatesOf } from "./asking/built-days.ts";
import { KeptWorkspace } from "./asking/kept-workspace.ts";
import { type Asking, flattenRollups } from "./asking/rollup-rows.ts";
import { daysOf } from "./asking/sql-day.ts";
import type { Suggestions, ValueSuggestions } from "./asking/suggest-values.ts";
import { propertiesOf } from "./question/property.ts";
import type { Question, QuestionSettings } from "./question/question.ts";
import { resolveSpan } from "./question/resolve-span.ts";

/** Bounds of the work for one question. */
export interface ExploreLimits {
  /** How long the database may work. */
  seconds: number;
  /** Memory of the database. */
  memoryMiB: number;
  /** Bytes of the tables that one question reads, and of the local copies that are kept for the next. */
  bytes: number;
  /** How long local copies remain after the last comparison with the lake, which each question begins with. */
  keptSeconds: number;
  /** Days whose sessions may be listed. */
  sessionDays: number;
}

const EXPLORE_LIMITS: ExploreLimits = { seconds: 30, memoryMiB: 256, bytes: 4 * 2 ** 30, keptSeconds: 15 * 60, sessionDays: 31 };

/** Files of the newest days whose values are suggested. */
const SUGGESTED_FILES = 3;

/** A question and what the ledger knows about its days. */
export interface Explored {
  asked: Asking;
  coverage: Coverage;
  /** Null where no day of the span has usage. */
  answer: Answer | null;
  suggestions: Suggestions;
}

export interface ExploredSessions extends Pick<Explored, "asked" | "coverage"> {
  answer: SessionsAnswer | null;
}

/** Answers questions about usage. It only reads the lake. */
export interface Explorer {
  settings: QuestionSettings;
  limits: ExploreLimits;
  /** `YYYY-MM-DD` in the time zone of the questions. */
  today: () => string;
  /** Throws `usage` for a question that asks for too much, and the reason of the signal when it is aborted. */
  ask: (question: Question, signal?: AbortSignal) => Promise<Explored>;
  askSessions: (question: Question, signal?: AbortSignal) => Promise<ExploredSessions>;
  /** Removes the local copies. */
  close: () => Promise<void>;
}

interface Exploring extends QuestionSettings {
  lake: ObjectStore;
  clock: Clock;
  limits?: Partial<ExploreLimits>;
}

/** Opens an explorer, which keeps local copies of the days that it was asked about. One question is answered at a time: others must wait. */
export function openExplorer({ lake, clock, timezone, dimensions, limits: changed = {} }: Exploring): Explorer {
  const limits = { ...EXPLORE_LIMITS, ...changed };
  const settings = { timezone, dimensions };
  const [days, local] = [new BuiltDays(lake), new KeptWorkspace(lake, limits)];
  const today = (): string => dayOf(clock(), timezone);

  /** Works on the tables of the days of a question. A day that is built again in the meantime is read again, once. */
  async function work<Result>({ question, table, signal }: { question: Question; table: "rollups" | "usage"; signal: AbortSignal | undefined }, use: (duck: DuckDBConnection, files: string[], asked: Asking, suggestions: ValueSuggestions) => Promise<Result>): Promise<{ asked: Asking; coverage: Coverage; result: Result | null }> {
    const asked: Asking = { ...question, span: resolveSpan(question.span, today()) };
    return await local.use(async ({ directory, files, suggestions, compared }) => {
      // Writing with several threads takes far more memory.
      const flatten = async (from: string, to: string): Promise<void> => await withDuckDb({ temporaryDirectory: directory, threads: 1, mostMemoryMiB: limits.memoryMiB / 2 }, async (duck) => await flattenRollups(duck, from, to, dimensions));
      const attempt = async (): Promise<{ asked: Asking; coverage: Coverage; result: Result | null }> => {
        const dates = utcDatesOf(asked.span, timezone);
        const known = await days.list(new Set([...dates, ...files.dates]));
        await files.keepOnly(new Set(known.flatMap((day) => [day.rollups.sha256, day.usage.sha256])));
        compared();
        const built = known.filter(({ date }) => dates.has(date));
        const coverage = describeCoverage(built, asked.span, { timezone, today: today() });
        const tables = built.map((day) => ({ ...day[table], date: day.date }));
        refuseTooMuch(tables, limits);
        if (tables.length === 0) return { asked, coverage, result: null };
        const copies = await files.fetch(tables, table === "rollups" ? flatten : undefined);
        const rows = tables.reduce((sum, one) => sum + one.rows, 0);
        const database = { temporaryDirectory: directory, rows, mostMemoryMiB: limits.memoryMiB };
        return { asked, coverage, result: await withDuckDb(database, async (duck) => await within(duck, limits.seconds, signal, async () => await use(duck, copies, asked, suggestions))) };
      };
      return await attempt().catch(async (error: unknown) => {
        if (error instanceof LedgerError && (error.code === "object_changed" || error.code === "object_missing")) return await attempt();
        throw error;
      });
    });
  }

  return {
    settings,
    limits,
    today,
    ask: async (question, signal) => {
      const { result, ...rest } = await work({ question, table: "rollups", signal }, async (duck, files, asked, suggestions) => ({
        answer: await askRollups(duck, files, asked, settings),
        suggestions: await suggestions.suggest(duck, files.slice(-SUGGESTED_FILES), propertiesOf(dimensions)),
      }));
      return { ...rest, answer: result?.answer ?? null, suggestions: result?.suggestions ?? new Map() };
    },
    askSessions: async (question, signal) => {
      refuseManyDays(question, limits, today());
      const { result, ...rest } = await work({ question, table: "usage", signal }, async (duck, files, asked) => await askSessions(duck, files, asked, settings));
      return { ...rest, answer: result };
    },
    close: async () => await local.close(),
  };
}

const FEWER_DAYS = "Ask for fewer days";

function refuseTooMuch(tables: readonly WrittenTable[], { bytes }: ExploreLimits): void {
  const size = tables.reduce((sum, table) => sum + table.size, 0);
  if (size <= bytes) return;
  throw new LedgerError("usage", `The tables of these days have ${toGigabytes(size)} GB, and one question reads at most ${toGigabytes(bytes)} GB.`, { remedy: `${FEWER_DAYS}.` });
}

function toGigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

function refuseManyDays({ span }: Question, { sessionDays }: ExploreLimits, today: string): void {
  const count = daysOf(resolveSpan(span, today)).length;
  if (count > sessionDays) throw new LedgerError("usage", `Sessions are listed for at most ${String(sessionDays)} days, not for ${String(count)}.`, { remedy: `${FEWER_DAYS}.` });
}

/** Interrupts the database after that many seconds, and throws `usage` then; or when the signal is aborted, and throws its reason. */
async function within<Result>(duck: DuckDBConnection, seconds: number, signal: AbortSignal | undefined, run: () => Promise<Result>): Promise<Result> {
  signal?.throwIfAborted();
  const end = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() >= end;
  // Again and again: an interruption between two statements has no effect.
  const timer = setInterval(() => {
    if (isOver() || signal?.aborted === true) duck.interrupt();
  }, Math.min(250, Math.max(1, seconds * 1000)));
  try {
    return await run();
  } catch (cause) {
    signal?.throwIfAborted();
    if (!isOver()) throw cause;
    throw new LedgerError("usage", `The question was not answered within ${String(seconds)} s.`, { remedy: `${FEWER_DAYS}, or leave the columns out.`, cause });
  } finally {
    clearInterval(timer);
  }
}
