import { loadBelieved } from "../../src/archive/chain/believed-events.ts";
import { listInstances } from "../../src/archive/list-archive.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { canLock } from "../../src/archive/protection.ts";
import type { Hold } from "../../src/archive/retention/hold.ts";
import { LedgerError } from "../../src/errors.ts";
import type { LedgerState } from "../../src/lake/ledger-state.ts";
import { identifyCaller } from "../../src/usage/caller.ts";
import type { LedgerContext } from "../ledger-context.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { findHeldCopies } from "./retention/held-copies.ts";
import { loadHolds, pseudonymMeant } from "./retention/load-chain.ts";
import { listSome } from "../../src/list-some.ts";

type Holding = Pick<LedgerContext, "lake" | "archive" | "archiving" | "sources" | "log">;

/** A hold, and how many copies it is about. */
export interface HoldWithCopies extends Hold {
  copies: number;
}

/** A hold as JSON has it. */
export function describeHold({ id, selection, reason, by, at, instances, released, copies }: HoldWithCopies): object {
  return { id, ...selection, reason, by, at, instances, released, copies };
}

/** The caller as usage records have it: logins in lower case, tags in order. */
export function callerMeant(text: string): string {
  return identifyCaller(text, []).caller;
}

/**
 * Puts records on hold: in the chain of every gateway that they may come from, then on each copy where the store can.
 * A call that ends half way leaves too much on hold, never too little.
 * Throws `key_missing`, `key_unusable`, and `usage` for a gateway that nobody knows, or where there is none yet.
 */
export async function addHold(ledger: Holding, state: LedgerState, { id, ...wish }: Pick<Hold, "id" | "selection" | "reason" | "by" | "at">): Promise<HoldWithCopies> {
  const signingKey = await requireKeyOfChain(ledger);
  const { selection, reason, by, at } = wish;
  const instances = await gatewaysMeant(ledger, selection);
  for (const instance of instances) {
    await recordEvent(ledger.archive, { format: 1, kind: "hold", id, instance, at, by, hold: id, selection, reason }, signingKey, ledger.archiving.lock);
  }
  ledger.log.info({ hold: id, instances }, "on hold");
  const hold: Hold = { id, ...wish, ...pseudonymMeant(selection, ledger.archiving), instances, released: null };
  const copies = (await findHeldCopies(ledger.lake, state, [hold])).get(id) ?? new Set();
  await setFlags(ledger, copies, true);
  return { ...hold, copies: copies.size };
}

/**
 * Ends a hold: in each chain that tells of it, then on each copy that no other hold is about. Of one that is released already
 * only the copies are looked at again, which a call that ended half way may have left.
 * Throws `key_missing`, `key_unusable`, and `hold_unknown` where there is no such hold.
 */
export async function releaseHold(ledger: Holding, state: LedgerState, { id, reason, by, at }: { id: string; reason: string; by: string; at: string }): Promise<HoldWithCopies> {
  const signingKey = await requireKeyOfChain(ledger);
  const holds = await loadHolds(ledger);
  const hold = holds.find((one) => one.id === id);
  if (hold === undefined) throw holdUnknown(ledger, id);
  if (hold.released === null) {
    for (const instance of hold.instances) {
      const isTold = (await loadBelieved(ledger.archive, instance, signingKey.publicKey)).some((event) => event.kind === "release" && event.hold === id);
      if (!isTold) await recordEvent(ledger.archive, { format: 1, kind: "release", id, instance, at, by, hold: id, reason }, signingKey, ledger.archiving.lock);
    }
    ledger.log.info({ hold: id, instances: hold.instances }, "released");
  }
  const others = holds.filter((one) => one.id !== id && one.released === null);
  const held = await findHeldCopies(ledger.lake, state, [hold, ...others]);
  const copies = held.get(id) ?? new Set<string>();
  const stillHeld = others.map((other) => held.get(other.id));
  await setFlags(ledger, [...copies].filter((key) => !stillHeld.some((keys) => keys?.has(key))), false);
  return { ...hold, released: hold.released ?? { by, at, reason }, copies: copies.size };
}

/** Every hold there is or was, oldest first. */
export async function listHolds(ledger: Holding, state: LedgerState): Promise<HoldWithCopies[]> {
  const holds = await loadHolds(ledger);
  const held = await findHeldCopies(ledger.lake, state, holds);
  return holds.map((hold) => ({ ...hold, copies: held.get(hold.id)?.size ?? 0 }));
}

/** Sets the store's legal hold on what came since the holds were made; says how many copies are on hold. */
export async function keepHolds(ledger: Holding, state: LedgerState): Promise<number> {
  const holds = (await loadHolds(ledger)).filter(({ released }) => released === null);
  const copies = new Set([...(await findHeldCopies(ledger.lake, state, holds)).values()].flatMap((keys) => [...keys]));
  await setFlags(ledger, copies, true);
  return copies.size;
}

async function setFlags({ archive, log }: Holding, keys: Iterable<string>, on: boolean): Promise<void> {
  const { locks } = archive;
  if (locks === undefined || !(await canLock(archive))) return;
  for (const key of keys) {
    if ((await archive.head(key)) === undefined) log.error({ copy: key }, "no copy in the archive to set a legal hold on");
    else if ((await locks.protectionOf(key)).legalHold !== on) await locks.setLegalHold(key, on);
  }
}

async function gatewaysMeant({ archive, sources }: Holding, { instance }: Hold["selection"]): Promise<string[]> {
  const known = [...new Set([...(await listInstances(archive)), ...sources.map((source) => source.instance)])].sort();
  const meant = instance === null ? known : known.filter((one) => one === instance);
  if (meant.length > 0) return meant;
  throw new LedgerError("usage", instance === null ? `${archive.url} holds nothing yet` : `there is no gateway ${JSON.stringify(instance)} in ${archive.url}`, {
    remedy: known.length === 0 ? "bring exports in with aperture-ledger run first" : `gateways are ${listSome(known)}`,
  });
}

function holdUnknown({ archive }: Holding, id: string): LedgerError {
  return new LedgerError("hold_unknown", `there is no hold ${JSON.stringify(id)} in ${archive.url}`, { remedy: "aperture-ledger archive hold list shows them" });
}
