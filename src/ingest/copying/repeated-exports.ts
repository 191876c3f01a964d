import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { exportManifest } from "../../lake/landing/export-manifest.ts";
import { readJson } from "../../lake/json-object.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Two sources with identical exports: most likely the same gateway, whose requests are counted twice. */
export interface RepeatedExports {
  instances: [string, string];
  /** Number of compared exports that are identical. */
  exports: number;
  /** Name of the newest one, at the first of the two sources. */
  newest: string;
}

/** Number of exports to compare: one is enough to find out, and each takes two reads. */
const MOST_COMPARED = 20;

/**
 * Finds pairs of gateways whose newest similar exports are identical. Similar exports are found without reading them: a place may be
 * a copy of a different one, and its url does not show that.
 */
export async function findRepeatedExports(lake: ObjectStore, exports: readonly KnownExport[]): Promise<RepeatedExports[]> {
  const alike = [...Map.groupBy(exports.filter(({ records }) => records.read > 0), looks).values()].filter((all) => new Set(all.map(({ instance }) => instance)).size > 1);
  const newest = alike.sort(([one], [other]) => ((one?.time ?? "") < (other?.time ?? "") ? 1 : -1)).slice(0, MOST_COMPARED);
  const arrivals = await pMap(newest.flat(), async (known) => ({ known, sha256: await digestOfArrived(lake, known) }), { concurrency: READS_AT_ONCE });
  const found = new Map<string, RepeatedExports>();
  for (const same of Map.groupBy(arrivals, ({ sha256 }) => sha256).values()) {
    for (const instances of pairsOf(same.map(({ known }) => known.instance))) {
      const id = JSON.stringify(instances);
      const known = same.find((one) => one.known.instance === instances[0])?.known;
      const pair = found.get(id) ?? { instances, exports: 0, newest: known?.name ?? "" };
      found.set(id, { ...pair, exports: pair.exports + 1 });
    }
  }
  return [...found.values()].sort((one, other) => (JSON.stringify(one.instances) < JSON.stringify(other.instances) ? -1 : 1));
}

/** Identical exports agree in all of this; exports without record ids are distinguished by name. */
function looks({ name, records, record_ids: ids }: KnownExport): string {
  return JSON.stringify([records.read, ids?.runs.length ? ids.runs : name]);
}

async function digestOfArrived(lake: ObjectStore, { manifest }: KnownExport): Promise<string> {
  const { arrived, archive } = await readJson(lake, manifest.key, exportManifest);
  return (arrived ?? archive).sha256;
}

function pairsOf(instances: readonly string[]): [string, string][] {
  const sorted = [...new Set(instances)].sort();
  return sorted.flatMap((one, index) => sorted.slice(index + 1).map((other): [string, string] => [one, other]));
}

/** The finding of `status` and `doctor`, and what to do about it. */
export function describeRepeated({ instances: [one, other], exports, newest }: RepeatedExports): { finding: string; remedy: string } {
  return {
    finding: `${one} and ${other} brought the same ${exports === 1 ? "export" : `exports (${String(exports)} among the newest)`}, the last one ${newest}: if they are one gateway, its requests count twice`,
    remedy: "keep one of the sources; docs/operations.md says how to remove the data of the other from the ledger",
  };
}
