import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { Archiving } from "../archive/archiving.ts";
import { readErasures } from "../archive/erasing/read-erasures.ts";
import { archiveLayout } from "../lake/layout.ts";
import { pseudonymiser } from "../ledger/names/erasure.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";

/**
 * Under which pseudonym an erased caller is known, so that what belonged to that caller's team stays with the team. Undefined if nobody
 * was erased. Lists the events of each gateway; without an erasure key it lists nothing.
 */
export async function findErasedCallers(
  archive: ObjectStore,
  instances: readonly string[],
  { erasureKey, signingKey }: Pick<Archiving, "erasureKey" | "signingKey">,
): Promise<AllocationSettings["pseudonymOf"]> {
  if (erasureKey === undefined) return undefined;
  const events: ObjectEntry[] = [];
  for (const instance of new Set(instances)) for await (const entry of archive.list(archiveLayout.events(instance))) events.push(entry);
  const { erasures } = await readErasures(archive, events, signingKey?.publicKey);
  const erased = new Set([...erasures.values()].flat().map(({ pseudonym }) => pseudonym));
  if (erased.size === 0) return undefined;
  const nameOf = pseudonymiser(erasureKey);
  return (login) => {
    const pseudonym = nameOf(login);
    return pseudonym !== undefined && erased.has(pseudonym) ? pseudonym : undefined;
  };
}
