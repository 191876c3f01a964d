import type { LedgerState } from "../src/lake/ledger-state.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { pullExports } from "./pull-exports.ts";

export interface CheckedArchive {
  exports: number;
  /** Names of ingested exports whose copy is neither in the archive nor at a source. */
  without_copy: string[];
}

/** Checks that every ingested export has its copy in the archive, or still lies at its source, which makes a copy again. */
export async function retentionArchive(ledger: LedgerContext, state: LedgerState): Promise<CheckedArchive> {
  const { withoutCopy } = await pullExports(ledger, state);
  for (const { instance, name } of withoutCopy) ledger.log.error({ instance, export: name }, "no copy in the archive");
  return { exports: state.exports.size, without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`) };
}
