import type { ChainStatus } from "../archive/sealing/chain-status.ts";
import { UNVOUCHED } from "../archive/copies/unvouched.ts";

/** Keys that are named one by one. */
const MOST_NAMED = 10;

/** Listed exports of a gateway of which no trusted key says that they arrived so. */
export function describeUnvouched(instance: string, unvouched: ChainStatus["unvouched"]): string[] {
  const named = unvouched.slice(0, MOST_NAMED).map(({ key, why }) => `attention    no trusted key vouches for ${key}: ${UNVOUCHED[why]}`);
  const rest = unvouched.length - named.length;
  return rest === 0 ? named : [...named, `attention    no trusted key vouches for ${String(rest)} more exports of ${instance}: status --json names them`];
}
