import type { ChainStatus } from "../archive/sealing/chain-status.ts";
import { UNVOUCHED } from "../archive/copies/unvouched.ts";

/** Limit of keys to name. */
const MOST_NAMED = 10;

/** Lines about a gateway's listed exports without a trusted signature for their arrival. */
export function describeUnvouched(instance: string, unvouched: ChainStatus["unvouched"]): string[] {
  const named = unvouched.slice(0, MOST_NAMED).map(({ key, why }) => `attention    no trusted key vouches for ${key}: ${UNVOUCHED[why]}`);
  const rest = unvouched.length - named.length;
  return rest === 0 ? named : [...named, `attention    no trusted key vouches for ${String(rest)} more exports of ${instance}: status --json names them`];
}
