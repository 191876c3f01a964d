import type { Stores } from "../../open/ledger.ts";

/** Names of the gateways that have or need a chain: those configured, and those with objects in the archive. */
export function chainedGateways({ sources }: Stores, archived: Iterable<string>): string[] {
  return [...new Set([...sources.map(({ instance }) => instance), ...archived])].sort();
}
