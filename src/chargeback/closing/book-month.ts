import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { describeChange, describeChargeChange } from "../../allocation/settings/frozen-settings.ts";
import type { AllocationSettings } from "../../allocation/settings/settings.ts";
import { withAllocatedSpan } from "../../allocation/shares/allocate-span.ts";
import { ALLOCATION_VERSION, describeVersions } from "../../allocation/shares/allocation-version.ts";
import { writeAllocations } from "../../allocation/shares/write-allocations.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { describeRules, type MonthInput } from "../../lake/months/month-inputs.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { boundMonth, utcDates } from "../../ledger/months.ts";
import { describePriceChanges } from "../../prices/list/price-changes.ts";
import { dayPricing } from "../../prices/list/price-days.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { subdirectory } from "../../storage/workspace.ts";
import { foldErased } from "../corrections/fold-erased.ts";
import { addBooked, bookDifference, countDifferences, openFigures } from "../corrections/month-figures.ts";
import type { Reporting } from "../make-report.ts";
import { areSameLandings, knownExports, newExports, rollupsOfKnown } from "./known-rollups.ts";
import { type KnownState, openKnown, pricesOfClose, readKnownPrices, readKnownSettings } from "./known-states.ts";

/**
 * Books the differences that a closed month would have now, one cause at a time:
 * 1. the exports of the close, read and built by today's rules at the prices of the close;
 * 2. at today's prices;
 * 3. with all exports;
 * 4. with today's directory and rules;
 * 5. with today's charges;
 * 6. with today's allocation version.
 *
 * Each step starts from the figures of the step before, so the differences add up to the whole.
 * Throws `corrections_differ` where settled and booked figures together are not exactly a recomputation from scratch.
 */
export async function bookMonth(ledger: Reporting, duck: DuckDBConnection, known: KnownState, days: readonly DayManifest[], workspace: string): Promise<void> {
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
  const newer = [formatNewerRules(ofMonth, inputs), version === ALLOCATION_VERSION ? undefined : describeVersions(version)].filter((text) => text !== undefined);
  const ruled = { cause: "rule_version", reason: `newer rules of aperture-ledger: ${newer.join("; ")}` };
  const pricingThen = newer.length === 0 ? undefined : dayPricing(pricesOfClose(frozen, settings.timezone, prices));
  if (pricingThen !== undefined) {
    const rebuilt = await rollupsOfKnown({ lake, pricingOf: pricingThen, today: pricingOf }, duck, ofMonth, inputs, workspace);
    await allocateInto(duck, "rebuilt", rebuilt, { span, settings }, workspace);
    await bookDifference(duck, "settled", "rebuilt", 1, { corrects, repriced: ruled, recounted: ruled });
  }

  const inKnown = await rollupsOfKnown({ lake, pricingOf, today: pricingOf }, duck, ofMonth, inputs, workspace);
  await allocateInto(duck, "repriced", inKnown, { span, settings }, workspace);
  const repricedOn = repricedDates(ofMonth, pricingThen ?? pricingWrittenDown(inputs, pricingOf));
  const repriced = { cause: "price_version", reason: formatPrices(repricedOn, describePriceChanges(frozen, prices)) };
  const reread = { cause: "late_export", reason: "exports of the close were read anew, replaced, or are gone" };
  // A price also says who is billed, so a different price can move a request to another row.
  const recounted = pricingThen !== undefined || areSameLandings(ofMonth, inputs) ? repriced : reread;
  await bookDifference(duck, pricingThen === undefined ? "settled" : "rebuilt", "repriced", 2, { corrects, repriced, recounted });

  const all = await fetchRollups(lake, ofMonth, await subdirectory(workspace));
  await allocateInto(duck, "complete", all, { span, settings }, workspace);
  const because = { cause: "late_export", reason: formatExports(late) };
  await bookDifference(duck, "repriced", "complete", 3, { corrects, repriced: because, recounted: because });

  const sameCharges = { ...allocation, version, charges: settings.charges };
  const moved = { cause: "directory_change", reason: `changed since the close: ${describeChange(settings, sameCharges)}` };
  await recomputeMonth(lake, sameCharges, duck, "moved", corrects, days, workspace);
  await bookDifference(duck, "complete", "moved", 4, { corrects, repriced: moved, recounted: moved });

  const newCharges = describeChargeChange(settings, allocation);
  const charged = { cause: "charge_change", reason: `changed since the close: ${newCharges.join("; ")}` };
  if (newCharges.length === 0) await duck.run("CREATE OR REPLACE TEMP TABLE charged AS FROM moved");
  else await recomputeMonth(lake, { ...allocation, version }, duck, "charged", corrects, days, workspace);
  await bookDifference(duck, "moved", "charged", 5, { corrects, repriced: charged, recounted: charged });

  if (version === ALLOCATION_VERSION) await duck.run("CREATE OR REPLACE TEMP TABLE now AS FROM charged");
  else await recomputeMonth(lake, allocation, duck, "now", corrects, days, workspace);
  await bookDifference(duck, "charged", "now", 6, { corrects, repriced: ruled, recounted: ruled });
  await refuseDifference(duck, corrects);
}

/** Computes a month from scratch, as of today, into a table of that name. */
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
  await withAllocatedSpan(duck, { files, span, settings }, (sums) => writeAllocations(duck, file, sums));
  await openFigures(duck, table, file);
  await foldErased(duck, table, settings.pseudonymOf);
}

/** Checks that settled figures plus booked corrections, read back as they will be later, are today's figures. */
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

function formatExports(names: readonly string[]): string {
  if (names.length === 0) return "exports of the close were read anew";
  const more = names.length > MOST_NAMES ? ", …" : "";
  return `${String(names.length)} ${names.length === 1 ? "export" : "exports"} after the close: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/** @param dates on which prices differ @param entries which entries of the price list differ, in words */
function formatPrices(dates: readonly string[], entries: string): string {
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return "estimates of exports that were read anew or replaced";
  return `the price list or the gateway's prices changed for ${first === last ? first : `${first} to ${last}`}${entries === "" ? "" : `: ${entries}`}`;
}

function repricedDates(days: readonly DayManifest[], before: DigestOf): string[] {
  const changed = days.filter(({ date, instance, pricing }) => before(date, instance).digest !== pricing);
  return [...new Set(changed.map(({ date }) => date))].sort();
}

/**
 * Names the rules of aperture-ledger whose version differs from the one a closed month was made with; undefined if all are the same.
 * Compares exports of the close only: a late export was always read by the newest rules.
 */
function formatNewerRules(days: readonly DayManifest[], inputs: readonly MonthInput[]): string | undefined {
  const isKnown = knownExports(inputs);
  const byDay = new Map(days.map((day) => [`${day.date} ${day.instance}`, day]));
  const [was, is] = [new Set<string>(), new Set<string>()];
  let isNoted = true;
  for (const { date, instance, rules } of inputs) {
    const day = byDay.get(`${date} ${instance}`);
    if (day === undefined) continue;
    const now = describeRules(day.build, day.pricing, day.inputs.filter((one) => isKnown(day, one)).map((one) => one.export.settings));
    isNoted &&= rules !== undefined;
    for (const rule of rules === undefined ? now : without(now, rules)) is.add(rule);
    for (const rule of without(rules ?? [], now)) was.add(rule);
  }
  if (is.size === 0) return undefined;
  const [before, after] = [[...was].sort().join(", "), [...is].sort().join(", ")];
  return isNoted ? `${before} then, ${after} now` : `versions were not noted then, ${after} now`;
}

/** Rules that the others have in a different version. Entries that only one side has, such as prices, are not versions. */
function without(rules: readonly string[], others: readonly string[]): string[] {
  const names = new Set(others.map(nameOf));
  return rules.filter((rule) => !others.includes(rule) && names.has(nameOf(rule)));
}

function nameOf(rule: string): string {
  return rule.replace(/ \d+$/, "");
}

/** Digest of the prices of a day; different digests mean different prices. */
type DigestOf = (date: string, instance: string) => { digest: string };

/** The digests recorded in a close's inputs; today's for days that the inputs do not have. */
function pricingWrittenDown(inputs: readonly MonthInput[], today: PricingOf): DigestOf {
  const digests = new Map(inputs.map(({ date, instance, pricing }) => [`${date} ${instance}`, pricing]));
  return (date, instance) => ({ digest: digests.get(`${date} ${instance}`) ?? today(date, instance).digest });
}
