import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type CloseRecord, loadCloses } from "../lake/records/close-record.ts";
import { LedgerError } from "../ledger/errors.ts";
import { boundMonth, monthEmpty } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { isListValue } from "../ledger/usage/usage-record.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { recomputeMonth } from "./closing/book-month.ts";
import { listBookings, openBookings } from "./closing/booked-corrections.ts";
import { type KnownState, knownStates, openKnown, type Settled } from "./closing/known-states.ts";
import { findCorrections } from "./correct-months.ts";
import { type Compared, compareFigures } from "./corrections/compare-figures.ts";
import type { Correction } from "./corrections/correction.ts";
import { foldErased } from "./corrections/fold-erased.ts";
import { addCorrections, countDifferences, countFigures } from "./corrections/month-figures.ts";
import { readComparedPeople } from "./hiding/compared-people.ts";
import { hideComparedCallers, hideComparedModels } from "./hiding/hide-compared.ts";
import { hidingNames } from "./hiding/hide-report.ts";
import { listMembers } from "./hiding/list-members.ts";
import { requirePrivacy } from "./hiding/privacy.ts";
import { replaceTexts } from "./hiding/replace-texts.ts";
import type { Reporting } from "./make-report.ts";
import { bringCorrections } from "./report-month.ts";

const VIEWS = ["closed", "corrected", "now"] as const;

/** A state of a month's figures: as closed, with all corrections booked so far, or computed from scratch now. */
export interface NamedState {
  month: string;
  view: (typeof VIEWS)[number];
  /** The close whose figures these are, or start from; null where they are computed from scratch. */
  close: ClosedAs | null;
}

/** The close that the figures come from. */
export type ClosedAs = Pick<CloseRecord, "id" | "closed_at" | "closed_by" | "timezone">;

export interface MonthsDiff {
  a: NamedState;
  b: NamedState;
  /** Whether no column of any row differs. */
  isSame: boolean;
  total: Compared;
  byTeam: Compared[];
  byModel: Compared[];
  /** Empty for two different months, whose callers cannot be compared. */
  byCaller: Compared[];
  /** Why a closed month would be different now, in the direction from `a` to `b`. */
  byCause: CauseOfDifference[];
}

export interface CauseOfDifference extends Pick<Correction, "cause" | "reason"> {
  /** Added to the amount owed. */
  difference: bigint;
  listValueDifference: bigint;
  rows: number;
}

/** Explains how two states of months differ: `2026-09`, `2026-09@closed`, `2026-09@corrected`, `2026-09@now`. Corrections are brought up to date first. People are hidden as in reports. */
export async function diffMonths(ledger: Reporting, one: string, other: string): Promise<MonthsDiff> {
  const { stores: { lake }, rules: { allocation, report } } = ledger;
  const privacy = requirePrivacy(report.privacy);
  await bringCorrections(ledger);
  const closes = await loadCloses(lake);
  const [a, b] = [parseState(one, allocation.timezone, closes), parseState(other, allocation.timezone, closes)];
  const days = [...(await loadLedgerState(lake)).days.values()];
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const open = { ledger, duck, closes, days, workspace };
      await openState(open, "a", a);
      await openState(open, "b", b);
      const isOneMonth = a.month === b.month;
      const [total] = await compareFigures(duck, "a", "b");
      if (total === undefined) throw new RangeError("a sum has one row");
      const diff = {
        a,
        b,
        isSame: (await countDifferences(duck, "a", "b")) === 0,
        total,
        byTeam: await compareFigures(duck, "a", "b", "team"),
        byModel: await compareFigures(duck, "a", "b", "provider, model"),
        byCaller: isOneMonth ? await compareFigures(duck, "a", "b", "caller") : [],
        byCause: isOneMonth && (a.view === "closed") !== (b.view === "closed") ? await sumCauses(open, a.month, b.view === "closed" ? -1n : 1n) : [],
      };
      if (privacy === undefined) return diff;
      const { smallestGroup, key } = privacy;
      const states = [await readComparedPeople(duck, "a", smallestGroup), await readComparedPeople(duck, "b", smallestGroup)];
      const folded = { ...diff, byModel: hideComparedModels(diff.byModel, states, smallestGroup), byCaller: hideComparedCallers(diff.byCaller, states, smallestGroup) };
      // The person who closed a month answers for its figures, so the name stays.
      return { ...replaceTexts(folded, hidingNames([...states.flatMap(({ all }) => [...all]), ...listMembers(allocation)], key)), a, b };
    }),
  );
}

function parseState(text: string, timezone: string, closes: readonly CloseRecord[]): NamedState {
  const [name = "", view, ...rest] = text.split("@");
  const { name: month } = boundMonth(name, timezone);
  const record = closes.find((close) => close.month === month);
  if (view === undefined) return record === undefined ? { month, view: "now", close: null } : { month, view: "closed", close: record };
  const known = VIEWS.find((one) => one === view);
  if (known === undefined || rest.length > 0) {
    throw new LedgerError("usage", `${JSON.stringify(text)} is not a state of a month`, { remedy: "write 2026-09, or 2026-09@closed, @corrected or @now" });
  }
  if (known !== "now" && record === undefined) throw new LedgerError("usage", `${month} is not closed`, { remedy: `compare ${month}@now, or close it first` });
  return { month, view: known, close: known === "now" ? null : (record ?? null) };
}

interface Opening {
  ledger: Reporting;
  duck: DuckDBConnection;
  closes: readonly CloseRecord[];
  days: readonly DayManifest[];
  workspace: string;
}

async function openState({ ledger, duck, closes, days, workspace }: Opening, table: string, { month, view }: NamedState): Promise<void> {
  const known = knownStates(closes).get(month);
  if (view === "now" || known === undefined) {
    await recomputeMonth(ledger.stores.lake, ledger.rules.allocation, duck, table, month, days, workspace);
    const isEmpty = known === undefined && (await countFigures(duck, table)) === 0;
    if (isEmpty && (await findCorrections(ledger.stores.lake, month)) === undefined) throw monthEmpty({ name: month, timezone: ledger.rules.allocation.timezone }, ledger.stores.lake);
    return;
  }
  if (view === "closed") await openKnown(settledOf(ledger), duck, table, { ...known, booked: [] }, workspace);
  else await openCorrected({ ledger, duck, closes, days, workspace }, table, known);
}

/** Opens what is settled, and adds what is booked in months that are still open. */
async function openCorrected({ ledger, duck, closes, workspace }: Opening, table: string, known: KnownState): Promise<void> {
  const { stores: { lake } } = ledger;
  await openKnown(settledOf(ledger), duck, table, known, workspace);
  for (const month of await openBookings(lake, closes)) {
    const booked = (await findCorrections(lake, month))?.table ?? null;
    if (booked === null) continue;
    const file = join(workspace, `booked-${month}.parquet`);
    await downloadWritten(lake, booked, file);
    await addCorrections(duck, table, file, known.close.month);
  }
  await foldErased(duck, table, ledger.rules.allocation.pseudonymOf);
}

function settledOf({ stores: { lake }, rules: { allocation: { pseudonymOf } } }: Reporting): Settled {
  return { lake, pseudonymOf };
}

async function sumCauses({ ledger: { stores: { lake } }, closes }: Opening, month: string, sign: bigint): Promise<CauseOfDifference[]> {
  const rows = (await listBookings(lake, closes, month)).flatMap(({ corrections }) => corrections);
  return [...Map.groupBy(rows, ({ cause, reason }) => JSON.stringify([cause, reason])).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const all = [first, ...others];
    const sum = (ofListValue: boolean): bigint =>
      all.reduce((total, { billing, difference }) => (isListValue(billing) === ofListValue ? total + difference : total), 0n) * sign;
    return [{ cause: first.cause, reason: first.reason, difference: sum(false), listValueDifference: sum(true), rows: all.length }];
  });
}
