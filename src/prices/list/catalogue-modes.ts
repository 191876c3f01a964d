import type { Term } from "../../ledger/usage/terms.ts";
import type { WantedTerms } from "./price-entry.ts";

/** The names of Anthropic's and OpenAI's service tiers, speeds and places of inference. */
const SERVICE_TIERS: ReadonlySet<string> = new Set(["auto", "batch", "default", "flex", "priority", "scale", "standard"]);
const SPEEDS: ReadonlySet<string> = new Set(["fast"]);
const PLACES: ReadonlySet<string> = new Set(["us", "eu", "global"]);

/**
 * What a request mode of a gateway's catalogue means in the columns of usage: `batch`, `fast`, `us`, and several of them as in `batch_us` or
 * `us+fast`. The modes' names are not documented, so a name with any unknown part has no meaning here.
 */
export function modeOf(name: string): WantedTerms | undefined {
  const mode: Partial<Record<Term, string>> = {};
  for (const part of name.toLowerCase().split(/[^a-z0-9]+/)) {
    const key = SERVICE_TIERS.has(part) ? "service_tier" : SPEEDS.has(part) ? "speed" : PLACES.has(part) ? "inference_geo" : undefined;
    if (key === undefined || mode[key] !== undefined) return undefined;
    mode[key] = part;
  }
  return mode;
}
