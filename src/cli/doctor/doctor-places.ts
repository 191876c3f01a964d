import { describeRepeated, findRepeatedExports } from "../../ingest/copying/repeated-exports.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { findOverlaps } from "../../open/check-places.ts";
import { openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";
import { listSome } from "../../ledger/text/list-some.ts";

const CHECK = "places";

/** Sources, lake and archive that share objects, and names of gateways that only letter case distinguishes. */
export async function findInPlaces(config: Config): Promise<Finding[]> {
  return [...(await findShared(config)), ...findSameNames(config), ...(await findRepeated(config))];
}

/** Places that were copied to one another. */
async function findRepeated(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  try {
    const lake = await openLake(config);
    const { exports } = await loadLedgerState(lake);
    return (await findRepeatedExports(lake, [...exports.values()])).map((pair) => ({ check: CHECK, state: "attention", ...describeRepeated(pair) }));
  } catch (error) {
    // A lake that cannot be read has a finding of its own.
    if (error instanceof LedgerError) return [];
    throw error;
  }
}

async function findShared(config: Config): Promise<Finding[]> {
  try {
    return (await findOverlaps(config)).map(({ message, remedy }) => ({ check: CHECK, state: "failed", finding: message, remedy }));
  } catch (error) {
    // A url that is not a store has a finding of its own.
    if (error instanceof LedgerError && error.code === "url_invalid") return [];
    throw error;
  }
}

function findSameNames({ sources }: Config): Finding[] {
  const alike = [...Map.groupBy(sources, ({ name }) => name.toLowerCase()).values()].filter((all) => all.length > 1);
  return alike.map((all) => ({
    check: CHECK,
    state: "attention",
    finding: `sources ${listSome(all.map(({ name }) => name))} differ in letter case alone: a file system that ignores case mixes them`,
    remedy: "keep lake and archive in S3 or on a file system that distinguishes letter case, or name a new gateway differently",
  }));
}
