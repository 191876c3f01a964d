import { z } from "zod";
import { mapTerms } from "../../ledger/usage/terms.ts";
import { nameEntry, type PriceEntry } from "./price-entry.ts";
import { compilePriceList, type PriceList } from "./price-list.ts";
import { type FrozenCounts, freezeCounts, type ProviderCounts } from "./provider-counts.ts";

/** An entry as the close of a month recorded it. */
export const frozenPrices = z.array(z.looseObject({ match: z.string(), from: z.string().optional(), ...mapTerms(() => z.string().optional()) }));
export type FrozenPrices = z.infer<typeof frozenPrices>;

/** The entries that can apply, in order of precedence: compiled again, they make the same list. */
export function freezePrices(list: PriceList): PriceEntry[] {
  return list.flatMap(({ entries }) => entries.map(({ entry }) => entry));
}

const priced = z.looseObject({ match: z.string(), input: z.union([z.number(), z.string()]) });
const frozenEntries = z.array(z.custom<PriceEntry>((entry) => priced.safeParse(entry).success));

/** Restores the list of a close. Its entries were checked when they were configured, and the close protects their bytes. */
export function thawPrices(frozen: FrozenPrices, timezone: string): PriceList {
  return compilePriceList(frozenEntries.parse(frozen), timezone);
}

const MOST_ENTRIES = 3;

/**
 * The changed entries of the list and of the providers' counts, in words: `gpt-5 from 2026-10-01: input was 1.25, is 1.5`. Empty where
 * nothing changed.
 * @param before without counts where the close did not record them
 */
export function describePriceChanges(before: { list: FrozenPrices; counts?: FrozenCounts | undefined }, { list, counts = [] }: { list: PriceList; counts?: ProviderCounts | undefined }): string {
  const listNow = frozenPrices.parse(JSON.parse(JSON.stringify(freezePrices(list))));
  const countsNow = before.counts === undefined ? [] : freezeCounts(counts);
  const [old, now] = [byName([...before.list, ...named(before.counts ?? [])]), byName([...listNow, ...named(countsNow)])];
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === undefined) return [`${name} is new`];
    if (is === undefined) return [`${name} is gone`];
    const differing = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => textOf(was[key]) !== textOf(is[key]));
    return differing.length === 0 ? [] : [`${name}: ${differing.map((key) => `${key} was ${textOf(was[key])}, is ${textOf(is[key])}`).join("; ")}`];
  });
  const more = changes.length > MOST_ENTRIES ? `, and ${String(changes.length - MOST_ENTRIES)} more entries` : "";
  return `${changes.slice(0, MOST_ENTRIES).join(", ")}${more}`;
}

function named(counts: FrozenCounts): FrozenPrices {
  return counts.map(({ provider, from, counts: parts }) => ({ match: `counts of ${provider}`, ...(from === undefined ? {} : { from }), ...parts }));
}

function byName(entries: FrozenPrices): Map<string, FrozenPrices[number]> {
  return new Map(entries.map((entry) => [nameEntry(entry), entry]));
}

function textOf(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
