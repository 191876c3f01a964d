import type { ObjectStore } from "../../storage/object-store.ts";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { allocateSpan } from "../../allocation/shares/allocate-span.ts";
import { ALLOCATION_VERSION, describeVersions } from "../../allocation/shares/allocation-version.ts";
import { describeChange } from "../../allocation/settings/frozen-settings.ts";
import type { AllocationSettings } from "../../allocation/settings/settings.ts";
import { writeAllocations } from "../../allocation/shares/write-allocations.ts";
import { addBooked, bookDifference, countDifferences, openFigures } from "../corrections/month-figures.ts";
import { foldErased } from "../corrections/fold-erased.ts";
import { boundMonth, utcDates } from "../../ledger/months.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { describePriceChanges } from "../../prices/list/price-changes.ts";
import { subdirectory } from "../../storage/workspace.ts";
import { areSameLandings, newExports, rollupsOfKnown } from "./known-rollups.ts";
import { describeNewerRules } from "./newer-rules.ts";
import { type DigestOf, pricingOfClose, pricingWrittenDown } from "./pricing-before.ts";
import { type KnownState, openKnown, readKnownPrices, readKnownSettings } from "./known-states.ts";
import type { Ledger } from "../../open/ledger.ts";

export type Booking = Pick<Ledger, "stores" | "rules" | "money" | "telling">;

/**
 * Books what a closed month would be by now, cause by cause: the exports that it was closed with, read and built by today's rules at the
 * prices of the close; at today's prices; all exports; today's directory and rules; today's way to allocate. Each step starts from what
 * the one before came to, so that the differences add up to the whole.
 * Throws `corrections_differ` where what is settled and what is booked are not exactly a recomputation from scratch.
 */
export async function bookMonth(ledger: Booking, duck: DuckDBConnection, known: KnownState, days: readonly DayManifest[], workspace: string): Promise<void> {
  const { stores: { lake }, rules: { allocation }, money: { prices, pricingOf } } = ledger;
  const { pseudonymOf } = allocation;
  const corrects = known.close.month;
  const settings = await readKnownSettings({ lake, pseudonymOf }, known);
  const span = boundMonth(corrects, settings.timezone);
  const dates = new Set(utcDates(span));
  const ofMonth = days.filter(({ date }) => dates.has(date));
  await openKnown({ lake, pseudonymOf }, duck, "settled", known, workspace);

  const { inputs } = known.state;
  const late = newExports(ofMonth, inputs);
  const version = settings.version ?? ALLOCATION_VERSION;
  const frozen = await readKnownPrices(lake, known);
  const newer = [describeNewerRules(ofMonth, inputs), version === ALLOCATION_VERSION ? undefined : describeVersions(version)].filter((text) => text !== undefined);
  const ruled = { cause: "rule_version", reason: `newer rules of aperture-ledger: ${newer.join("; ")}` };
  const pricingThen = newer.length === 0 ? undefined : pricingOfClose(frozen, settings.timezone, prices);
  if (pricingThen !== undefined) {
    const rebuilt = await rollupsOfKnown({ lake, pricingOf: pricingThen, today: pricingOf }, duck, ofMonth, inputs, workspace);
    await allocateInto(duck, "rebuilt", rebuilt, { span, settings }, workspace);
    await bookDifference(duck, "settled", "rebuilt", 1, { corrects, repriced: ruled, recounted: ruled });
  }

  const inKnown = await rollupsOfKnown({ lake, pricingOf, today: pricingOf }, duck, ofMonth, inputs, workspace);
  await allocateInto(duck, "repriced", inKnown, { span, settings }, workspace);
  const repricedOn = repricedDates(ofMonth, pricingThen ?? pricingWrittenDown(inputs, pricingOf));
  const repriced = { cause: "price_version", reason: describePrices(repricedOn, describePriceChanges(frozen, prices)) };
  const reread = { cause: "late_export", reason: "exports of the close were read anew, replaced, or are gone" };
  // A price may also say whose money it is, and so move a request from one row to another.
  const recounted = pricingThen !== undefined || areSameLandings(ofMonth, inputs) ? repriced : reread;
  await bookDifference(duck, pricingThen === undefined ? "settled" : "rebuilt", "repriced", 2, { corrects, repriced, recounted });

  const all = await fetchRollups(lake, ofMonth, await subdirectory(workspace));
  await allocateInto(duck, "complete", all, { span, settings }, workspace);
  const because = { cause: "late_export", reason: describeExports(late) };
  await bookDifference(duck, "repriced", "complete", 3, { corrects, repriced: because, recounted: because });

  const moved = { cause: "directory_change", reason: `changed since the close: ${describeChange(settings, allocation)}` };
  await recomputeMonth(lake, { ...allocation, version }, duck, "moved", corrects, days, workspace);
  await bookDifference(duck, "complete", "moved", 4, { corrects, repriced: moved, recounted: moved });

  if (version === ALLOCATION_VERSION) await duck.run("CREATE OR REPLACE TEMP TABLE now AS FROM moved");
  else await recomputeMonth(lake, allocation, duck, "now", corrects, days, workspace);
  await bookDifference(duck, "moved", "now", 5, { corrects, repriced: ruled, recounted: ruled });
  await refuseDifference(duck, corrects);
}

/** A month from scratch, as of today: its figures in a table of that name. */
export async function recomputeMonth(lake: ObjectStore, allocation: AllocationSettings, duck: DuckDBConnection, table: string, name: string, days: readonly DayManifest[], workspace: string): Promise<void> {
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

/** @param dates on which prices differ; `entries` what of the price list is another, in words */
function describePrices(dates: readonly string[], entries: string): string {
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return "estimates of exports that were read anew or replaced";
  return `the price list or the gateway's prices changed for ${first === last ? first : `${first} to ${last}`}${entries === "" ? "" : `: ${entries}`}`;
}

function repricedDates(days: readonly DayManifest[], before: DigestOf): string[] {
  const changed = days.filter(({ date, instance, pricing }) => before(date, instance).digest !== pricing);
  return [...new Set(changed.map(({ date }) => date))].sort();
}
