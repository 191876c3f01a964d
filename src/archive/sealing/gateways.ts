import type { Stores } from "../../open/ledger.ts";

/** Names of the gateways that have a chain or ought to: those that are configured, and those that the archive has anything of. */
export function chainedGateways({ sources }: Stores, archived: Iterable<string>): string[] {
  return [...new Set([...sources.map(({ instance }) => instance), ...archived])].sort();
}
