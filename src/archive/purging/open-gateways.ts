import { listGateway } from "../copies/list-archive.ts";
import { rulesOf } from "../retention/expiry.ts";
import { type Hold, holdsOver } from "../retention/hold.ts";
import type { RetentionRule } from "../retention/retention-rule.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { KnownExport, LedgerState } from "../../lake/ledger-state.ts";
import type { ObjectEntry } from "../../storage/object-store.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type Chain, loadChain } from "./load-chain.ts";

export type Planning = Pick<Ledger, "stores" | "rules" | "telling" | "work">;

interface Copies {
  instance: string;
  /** In order of the copies' keys. */
  known: readonly KnownExport[];
  /** Existing copies by key. */
  present: ReadonlyMap<string, ObjectEntry>;
  rules: readonly RetentionRule[];
}

/** Everything needed to decide on the copies of one gateway. */
export interface Gateway extends Copies {
  ledger: Planning;
  /** Existing local folder. */
  workspace: string;
  chain: Chain;
  holds: readonly Hold[];
}

/** A gateway whose chain cannot be read, and why: an object planted among one gateway's digests must not stop the others. */
export interface BrokenGateway extends Copies {
  problem: string;
}

/** Opens gateways one by one. @param holds all holds, in force or not. */
export async function* openGateways(
  ledger: Planning,
  state: LedgerState,
  { instances, holds, workspace }: { instances: readonly string[]; holds: readonly Hold[]; workspace: string },
): AsyncGenerator<Gateway | BrokenGateway> {
  for (const instance of instances) {
    const known = [...state.exports.values()].filter((one) => one.instance === instance).sort((a, b) => (a.archive < b.archive ? -1 : 1));
    const present = (await listGateway(ledger.stores.archive, instance)).exports;
    const copies: Copies = { instance, known, present, rules: rulesOf(ledger.work.archiving.retention, instance) };
    const chain = await tryChain(ledger, instance);
    if (chain instanceof LedgerError) yield { ...copies, problem: chain.message };
    else yield { ...copies, ledger, workspace, chain, holds: holdsOver(holds, instance) };
  }
}

async function tryChain(ledger: Planning, instance: string): Promise<Chain | LedgerError> {
  try {
    return await loadChain(ledger.stores.archive, ledger.work.archiving, instance);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "archive_broken") return error;
    throw error;
  }
}
