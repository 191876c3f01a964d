import { archiveLayout } from "../lake/layout.ts";
import { readErasures } from "../archive/erasing/read-erasures.ts";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { pseudonymiser } from "../ledger/names/erasure.ts";
import type { Archiving } from "../archive/archiving.ts";

/** Who pays, where callers were erased: what belonged to their teams does so under the pseudonyms. One listing a gateway, none without a key. */
export async function aliasErased(
  allocation: AllocationSettings,
  archive: ObjectStore,
  instances: readonly string[],
  { erasureKey, signingKey }: Pick<Archiving, "erasureKey" | "signingKey">,
): Promise<AllocationSettings> {
  if (erasureKey === undefined) return allocation;
  const events: ObjectEntry[] = [];
  for (const instance of new Set(instances)) for await (const entry of archive.list(archiveLayout.events(instance))) events.push(entry);
  const { erasures } = await readErasures(archive, events, signingKey?.publicKey);
  const erased = new Set([...erasures.values()].flat().map(({ pseudonym }) => pseudonym));
  if (erased.size === 0) return allocation;
  const nameOf = pseudonymiser(erasureKey);
  const pseudonymOf = (login: string): string | undefined => {
    const pseudonym = nameOf(login);
    return pseudonym !== undefined && erased.has(pseudonym) ? pseudonym : undefined;
  };
  return { ...allocation, pseudonymOf };
}
