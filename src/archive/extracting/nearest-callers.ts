import { distance } from "fastest-levenshtein";
import { ascending } from "../../ledger/orders.ts";

const MOST_NAMED = 3;

/** The callers whose names are most like a mistyped one, the nearest first; none where none is like it. */
export function nearestCallers(written: string, callers: Iterable<string>): string[] {
  const wanted = written.toLowerCase();
  const most = Math.max(2, Math.floor(wanted.length / 4));
  return Array.from(callers, (caller) => ({ caller, far: farness(wanted, caller.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far || ascending(a.caller, b.caller))
    .slice(0, MOST_NAMED)
    .map(({ caller }) => caller);
}

/** A name without its domain is as good as the whole one. */
function farness(wanted: string, caller: string): number {
  const [name = caller] = caller.split("@", 1);
  return wanted.includes("@") ? distance(wanted, caller) : Math.min(distance(wanted, caller), distance(wanted, name));
}
