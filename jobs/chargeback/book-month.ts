import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { allocateSpan } from "../../src/allocation/allocate-span.ts";
import { ALLOCATION_VERSION, describeVersions } from "../../src/allocation/allocation-version.ts";
import { describeChange } from "../../src/allocation/frozen-settings.ts";
import type { AllocationSettings } from "../../src/allocation/settings.ts";
import { writeAllocations } from "../../src/allocation/write-allocations.ts";
import { addBooked, bookDifference, countDifferences, openFigures } from "../../src/chargeback/corrections/month-figures.ts";
import { foldErased } from "../../src/chargeback/corrections/fold-erased.ts";
import { boundMonth, utcDates } from "../../src/chargeback/month.ts";
import { LedgerError } from "../../src/errors.ts";
import type { DayManifest } from "../../src/lake/day-manifest.ts";
import { fetchRollups } from "../../src/lake/fetch-rollups.ts";
import type { MonthInput } from "../../src/lake/month-inputs.ts";
import { describePriceChanges } from "../../src/prices/price-changes.ts";
import { subdirectory } from "../../src/storage/workspace.ts";
import { areSameLandings, newExports, rollupsOfKnown } from "./known-rollups.ts";
import { type KnownState, openKnown, readKnownPrices, readKnownSettings } from "./known-states.ts";
import type { LedgerContext } from "../ledger-context.ts";

export type Booking = Pick<LedgerContext, "lake" | "allocation" | "prices" | "pricingOf" | "log">;

/**
 * Books what a closed month would be by now, cause by cause: the exports that it was closed with, at today's prices; all exports;
 * today's directory and rules; today's way to allocate. Each step starts from what the one before came to, so that the differences add up to the whole.
 * Throws `corrections_differ` where what is settled and what is booked are not exactly a recomputation from scratch.
 */
export async function bookMonth(ledger: Booking, duck: DuckDBConnection, known: KnownState, days: readonly DayManifest[], workspace: string): Promise<void> {
  const { lake, allocation, prices } = ledger;
  const { pseudonymOf } = allocation;
  const corrects = known.close.month;
  const settings = await readKnownSettings({ lake, pseudonymOf }, known);
  const span = boundMonth(corrects, settings.timezone);
  const dates = new Set(utcDates(span));
  const ofMonth = days.filter(({ date }) => dates.has(date));
  await openKnown({ lake, pseudonymOf }, duck, "settled", known, workspace);

  const late = newExports(ofMonth, known.state.inputs);
  const inKnown = await rollupsOfKnown(ledger, duck, ofMonth, known.state.inputs, workspace);
  await allocateInto(duck, "repriced", inKnown, { span, settings }, workspace);
  const repriced = { cause: "price_version", reason: describePrices(ofMonth, known.state.inputs, describePriceChanges(await readKnownPrices(lake, known), prices.list)) };
  const version = settings.version ?? ALLOCATION_VERSION;
  const ruled = { cause: "rule_version", reason: describeVersions(version) };
  const reread = { cause: "late_export", reason: "exports of the close were read anew, replaced, or are gone" };
  // A price may also say whose money it is, and so move a request from one row to another.
  const recounted = areSameLandings(ofMonth, known.state.inputs) ? repriced : reread;
  const samePrices = repricedDates(ofMonth, known.state.inputs).length === 0;
  const first = version === ALLOCATION_VERSION ? { repriced, recounted } : { repriced: samePrices ? ruled : repriced, recounted: ruled };
  await bookDifference(duck, "settled", "repriced", 1, { corrects, ...first });

  const all = await fetchRollups(lake, ofMonth, await subdirectory(workspace));
  await allocateInto(duck, "complete", all, { span, settings }, workspace);
  const because = { cause: "late_export", reason: describeExports(late) };
  await bookDifference(duck, "repriced", "complete", 2, { corrects, repriced: because, recounted: because });

  const moved = { cause: "directory_change", reason: `changed since the close: ${describeChange(settings, allocation)}` };
  await recomputeMonth({ lake, allocation: { ...allocation, version } }, duck, "moved", corrects, days, workspace);
  await bookDifference(duck, "complete", "moved", 3, { corrects, repriced: moved, recounted: moved });

  if (version === ALLOCATION_VERSION) await duck.run("CREATE OR REPLACE TEMP TABLE now AS FROM moved");
  else await recomputeMonth(ledger, duck, "now", corrects, days, workspace);
  await bookDifference(duck, "moved", "now", 4, { corrects, repriced: ruled, recounted: ruled });
  await refuseDifference(duck, corrects);
}

/** A month from scratch, as of today: its figures in a table of that name. */
export async function recomputeMonth({ lake, allocation }: Pick<Booking, "lake" | "allocation">, duck: DuckDBConnection, table: string, name: string, days: readonly DayManifest[], workspace: string): Promise<void> {
  const span = boundMonth(name, allocation.timezone);
  const dates = new Set(utcDates(span));
  const files = await fetchRollups(lake, days.filter(({ date }) => dates.has(date)), await subdirectory(workspace));
  await allocateInto(duck, table, files, { span, settings: allocation }, workspace);
}

async function allocateInto(
  duck: DuckDBConnection,
  table: string,
  files: readonly string[],
  { span, settings }: { span: { from: Date; to: Date }; settings: AllocationSettings },
  workspace: string,
): Promise<void> {
  const file = join(await subdirectory(workspace), "allocations.parquet");
  const { allocated } = await allocateSpan(duck, files, span, settings);
  await writeAllocations(duck, allocated, file);
  await openFigures(duck, table, file);
  await foldErased(duck, table, settings.pseudonymOf);
}

/** Adds what was booked, as it would be read again, to what is settled. */
async function refuseDifference(duck: DuckDBConnection, month: string): Promise<void> {
  await duck.run("CREATE OR REPLACE TEMP TABLE corrected AS FROM settled");
  await addBooked(duck, "corrected", month);
  const differing = await countDifferences(duck, "corrected", "now");
  if (differing === 0) return;
  throw new LedgerError("corrections_differ", `${month} as it was closed and its corrections differ from a recomputation in ${String(differing)} rows`, {
    remedy: "report this: it is a mistake in aperture-ledger",
  });
}

const MOST_NAMES = 3;

function describeExports(names: readonly string[]): string {
  if (names.length === 0) return "exports of the close were read anew";
  const more = names.length > MOST_NAMES ? ", …" : "";
  return `${String(names.length)} ${names.length === 1 ? "export" : "exports"} after the close: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/** Which days have other prices than when they were written down. @param entries what of the price list is another, in words */
function describePrices(days: readonly DayManifest[], inputs: readonly MonthInput[], entries: string): string {
  const dates = repricedDates(days, inputs);
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return "estimates of exports that were read anew or replaced";
  return `the price list or the gateway's prices changed for ${first === last ? first : `${first} to ${last}`}${entries === "" ? "" : `: ${entries}`}`;
}

function repricedDates(days: readonly DayManifest[], inputs: readonly MonthInput[]): string[] {
  const before = new Map(inputs.map(({ date, instance, pricing }) => [`${date} ${instance}`, pricing]));
  const changed = days.filter(({ date, instance, pricing }) => (before.get(`${date} ${instance}`) ?? pricing) !== pricing);
  return [...new Set(changed.map(({ date }) => date))].sort();
}
