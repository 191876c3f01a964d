import type { LedgerState } from "../src/lake/ledger-state.ts";
import { type SealedDigest, sealArchive } from "./archive/seal-archive.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { pullExports } from "./pull-exports.ts";

export interface CheckedArchive {
  exports: number;
  /** Names of ingested exports whose copy is neither in the archive nor at a source. */
  without_copy: string[];
  /** What was added to the chains, of all gateways together; null where no key is configured to sign with. */
  sealed: { digests: number; exports: number; events: number } | null;
}

/**
 * Checks that every ingested export has its copy in the archive, or still lies at its source, which makes a copy again. Then makes
 * today's digests. Throws as `sealArchive` does, but for a key that is missing.
 */
export async function retentionArchive(ledger: LedgerContext, state: LedgerState): Promise<CheckedArchive> {
  const { withoutCopy } = await pullExports(ledger, state);
  for (const { instance, name } of withoutCopy) ledger.log.error({ instance, export: name }, "no copy in the archive");
  const sealed = await sealToday(ledger, state);
  return { exports: state.exports.size, without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`), sealed };
}

async function sealToday(ledger: LedgerContext, state: LedgerState): Promise<CheckedArchive["sealed"]> {
  if (ledger.archiving.signingKey === undefined) {
    ledger.log.warn("the archive is not sealed: no archive.signing_key is configured");
    return null;
  }
  const { gateways } = await sealArchive(ledger, state, ledger.clock());
  for (const { instance, ...sealed } of gateways) ledger.log.info({ instance, ...sealed }, "archive sealed");
  const digests = gateways.flatMap((gateway) => gateway.digests);
  return { digests: digests.length, exports: sum(digests, "exports"), events: sum(digests, "events") };
}

function sum(digests: readonly SealedDigest[], what: "exports" | "events"): number {
  return digests.reduce((total, digest) => total + digest[what], 0);
}
