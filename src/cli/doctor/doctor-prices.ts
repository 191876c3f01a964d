import type { Config } from "../../config/config.ts";
import { listUnnamed, type UnnamedPrice } from "../../prices/list/exact-rates.ts";
import { findShadowed, type ShadowedEntry } from "../../prices/list/find-shadowed.ts";
import { nameEntry as nameOf, type PriceEntry } from "../../prices/list/price-entry.ts";
import { loadPriceEntries } from "../../open/configured-prices.ts";
import type { Finding } from "./finding.ts";
import { listSome } from "../../ledger/text/list-some.ts";

const CHECK = "prices";

/** The number of prices, each entry that can never apply, and the prices that tiers inherit. */
export async function findInPrices(config: Config): Promise<Finding[]> {
  if (config.prices === undefined) return [];
  const entries = await loadPriceEntries(config);
  const patterns = new Set(entries.map(({ match }) => match)).size;
  return [
    { check: CHECK, state: "ok", finding: `${String(entries.length)} entries for ${String(patterns)} patterns` },
    ...findShadowed(entries, config.timezone).map(describeShadowed),
    ...entries.flatMap(describeTiers),
  ];
}

const WINS = {
  replaced: { why: "replaces it from its first day on", remedy: "remove the earlier entry, or give the later one a different first day" },
  covered: { why: "comes before it, matches everything that it matches and is in force whenever it is", remedy: "move it above that one, or remove it" },
} as const satisfies Record<ShadowedEntry["because"], { why: string; remedy: string }>;

function describeShadowed({ entry, index, by, byIndex, because }: ShadowedEntry): Finding {
  const { why, remedy } = WINS[because];
  return { check: CHECK, state: "attention", finding: `${nameEntry(entry, index)} can never win: ${nameEntry(by, byIndex)} ${why}`, remedy };
}

function describeTiers(entry: PriceEntry, index: number): Finding[] {
  return listUnnamed(entry).flatMap(({ above, prices }): Finding[] => {
    if (prices.length === 0) return [];
    const finding = `${nameEntry(entry, index)}, above ${String(above)} tokens: ${listSome(prices.map(describePrice))}`;
    return [{ check: CHECK, state: "ok", finding }];
  });
}

function describePrice({ name, price, follows }: UnnamedPrice): string {
  return `${name} ${dollars(price)} ${follows === null ? "stays" : `follows ${follows}`}`;
}

/** Names an entry. The number in the list, from 1, distinguishes entries of the same pattern. */
function nameEntry(entry: PriceEntry, index: number): string {
  return `entry ${String(index + 1)} (${nameOf(entry)})`;
}

/** @param billionths of a dollar; without the zeros at the end. */
function dollars(billionths: bigint): string {
  const digits = String(billionths).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  return `$${digits.slice(0, -9)}${fraction === "" ? "" : `.${fraction}`}`;
}
