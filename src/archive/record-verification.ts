import type { Stores, Work } from "../open/ledger.ts";
import { recordEvent } from "./chain/record-event.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { readExports, type Verification } from "./verifier/verification.ts";

/** Who verified, with what. */
interface Verifying {
  /** Login. */
  by: string;
  /** The program's. */
  version: string;
  /** Name of the machine. */
  host: string;
  /** False for a verification of a sample or of one gateway. */
  whole: boolean;
}

/**
 * Records in the chain of each verified gateway that the archive was verified, and what was found: also where something was found, since that is
 * evidence as well. Gateways without a digest have no chain to record it in. Resolves to the gateways. Throws `key_missing` and `key_unusable`.
 * @param newId makes ids for events.
 */
export async function recordVerification(
  ledger: { stores: Pick<Stores, "archive">; work: Pick<Work, "archiving" | "clock"> },
  verification: Pick<Verification, "gateways" | "findings">,
  { by, version, host, whole }: Verifying,
  newId: () => string,
): Promise<string[]> {
  const { stores: { archive }, work: { archiving, clock } } = ledger;
  const signingKey = await requireKeyOfChain(ledger);
  const common = { format: 1, kind: "verified", id: newId(), at: clock().toISOString(), by, known: "command" } as const;
  const outcome = { exports: readExports(verification), findings: verification.findings.length, whole, version, host };
  const recorded: string[] = [];
  for (const { instance, head } of verification.gateways) {
    if (head === null) continue;
    await recordEvent(archive, { ...common, instance, head, ...outcome }, signingKey, archiving.lock);
    recorded.push(instance);
  }
  return recorded;
}
