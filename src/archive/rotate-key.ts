import { loadEvents } from "./chain/read-document.ts";
import { recordEvent } from "./chain/record-event.ts";
import { linkedKeys, makeRotation } from "./chain/rotation.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import { listArchive } from "./copies/list-archive.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Ledger } from "../open/ledger.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { chainedGateways } from "./sealing/gateways.ts";

export interface RotatedKey {
  from: string;
  to: string;
  /** `recorded`: key of the event; null if the chain already records the rotation. */
  gateways: { instance: string; recorded: string | null }[];
}

/**
 * Records in every gateway's chain that another key follows the configured one. Repeating an interrupted call finishes it.
 * Throws `key_missing`, `key_unusable`, and `usage` if both keys are the same.
 * @param by login of the person who rotates. @param id distinguishes the rotation's events from others of the same moment.
 */
export async function rotateKey(
  ledger: Pick<Ledger, "stores" | "work">,
  next: SigningKey,
  { by, now, id }: { by: string; now: Date; id: string },
): Promise<RotatedKey> {
  const current = await requireKeyOfChain(ledger);
  const [from, to] = [current.publicKey, next.publicKey];
  if (from === to) {
    throw new LedgerError("usage", `${to} is already the configured key`, { remedy: "make a new pair with aperture-ledger archive keys --out DIR" });
  }
  const gateways: RotatedKey["gateways"] = [];
  for (const instance of chainedGateways(ledger.stores, (await listArchive(ledger.stores.archive)).keys())) {
    const known = (await loadEvents(ledger.stores.archive, instance)).flatMap(({ document }) => linkedKeys(document) ?? []);
    const isKnown = known.some((link) => link.from === from && link.to === to);
    const recorded = isKnown ? null : await recordEvent(ledger.stores.archive, await makeRotation({ instance, id, at: now.toISOString(), by }, current, next), current, ledger.work.archiving.lock);
    gateways.push({ instance, recorded });
  }
  return { from, to, gateways };
}
