import type { DayManifest } from "./days/day-manifest.ts";
import type { KnownExport } from "./ledger-state.ts";
import { QuarantineSums, type QuarantinedMoney } from "./landing/quarantined-money.ts";
import { AlterationCounts, type AlteredValues } from "./landing/reading-notes.ts";
import { addUnknownCounts, type UnknownCount } from "./days/unknown-counts.ts";

/** An unknown key, over all exports. */
interface KnownUnknownKey {
  key: string;
  records: number;
  /** Name of the earliest export that has it. */
  first_export: string;
}

/** Findings in the records of some exports: they do not change what counts, or they keep it from being priced. */
export interface LedgerNotes {
  /** The readable amounts and callers of the records in quarantine. */
  quarantine: { records: number; cost_usd: string; callers: number; more_callers: boolean };
  altered: AlteredValues[];
  unknown_counts: UnknownCount[];
  unknown_keys: KnownUnknownKey[];
}

/** @param exports whose quarantine and keys are meant. @param days whose requests are. */
export function noteLedger(exports: readonly KnownExport[], days: readonly DayManifest[]): LedgerNotes {
  const { callers, ...money } = sumQuarantined(exports.map(({ readable }) => readable));
  return {
    quarantine: { ...money, callers: callers.length },
    altered: addAltered(exports.flatMap(({ landing }) => landing.map(({ altered }) => altered))),
    unknown_counts: addUnknownCounts(days.map(({ unknown_counts: counts }) => counts)),
    unknown_keys: listUnknownKeys(exports),
  };
}

function sumQuarantined(all: readonly QuarantinedMoney[]): QuarantinedMoney {
  const sums = new QuarantineSums(Infinity);
  for (const money of all) sums.addSums(money);
  return sums.finish();
}

function addAltered(lists: readonly (readonly AlteredValues[])[]): AlteredValues[] {
  const counts = new AlterationCounts();
  for (const list of lists) counts.addCounted(list);
  return counts.list();
}

/** In order of name. */
function listUnknownKeys(exports: readonly KnownExport[]): KnownUnknownKey[] {
  const keys = new Map<string, KnownUnknownKey>();
  for (const { name, unknown_keys } of exports.toSorted(byTime)) {
    for (const { key, records } of unknown_keys) {
      const known = keys.get(key);
      if (known === undefined) keys.set(key, { key, records, first_export: name });
      else known.records += records;
    }
  }
  return [...keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function byTime(a: KnownExport, b: KnownExport): number {
  return Date.parse(a.time) - Date.parse(b.time) || (a.name < b.name ? -1 : 1);
}
