import { readErasures } from "../../jobs/archive/erasure/read-erasures.ts";
import { withPseudonyms } from "../allocation/erased-logins.ts";
import type { AllocationSettings } from "../allocation/settings.ts";
import { archiveLayout } from "../archive/archive-layout.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { pseudonymOf } from "../usage/erasure.ts";

/** Who pays, where callers were erased: what belonged to their teams does so under the pseudonyms. One listing a gateway, none without a key. */
export async function aliasErased(allocation: AllocationSettings, archive: ObjectStore, instances: readonly string[], key: Buffer | undefined): Promise<AllocationSettings> {
  if (key === undefined) return allocation;
  const events: ObjectEntry[] = [];
  for (const instance of new Set(instances)) for await (const entry of archive.list(archiveLayout.events(instance))) events.push(entry);
  const erasures = await readErasures(archive, events);
  const erased = new Set([...erasures.values()].flat().map(({ pseudonym }) => pseudonym));
  if (erased.size === 0) return allocation;
  return withPseudonyms(allocation, (login) => {
    const pseudonym = pseudonymOf(login, key.toString("hex"));
    return erased.has(pseudonym) ? pseudonym : undefined;
  });
}
