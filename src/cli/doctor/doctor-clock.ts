import { findIgnored } from "../../archive/sealing/find-ignored.ts";
import { findClockDoubt } from "../../archive/timekeeping/find-clock-doubt.ts";
import { annulledKeys } from "../../archive/chain/annulled.ts";
import { readAnnulled } from "../../archive/chain/read-annulled.ts";
import { readListed } from "../../archive/chain/read-chain.ts";
import { listArchive } from "../../archive/copies/list-archive.ts";
import type { Config } from "../../config/config.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { openWork } from "../../open/open-ledger.ts";
import { openStores } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

/** Compares this machine's clock with stores and exports. If they differ, nothing is sealed, removed or closed. */
export async function findInClock(config: Config, now: Date): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const ledger = { stores: await openStores(config), work: await openWork(config, { clock: () => now, signs: false }) };
  const doubt = await findClockDoubt(ledger, await loadLedgerState(ledger.stores.lake), now, "seal");
  return doubt === undefined ? [] : [{ check: "clock", state: "attention", finding: doubt.error.message, remedy: doubt.error.remedy }];
}

/** Objects among the events of gateways that are not valid events. */
export async function findAmongEvents(config: Config): Promise<Finding[]> {
  if (config.archive.url === undefined && config.lake === undefined) return [];
  const { archive } = await openStores(config);
  const publicKey = (await openArchiving(config, false)).signingKey?.publicKey;
  const findings: Finding[] = [];
  for (const [instance, gateway] of await listArchive(archive)) {
    if (gateway.events.length === 0 && gateway.others.length === 0) continue;
    const voidKeys = annulledKeys(await readAnnulled(archive, gateway.events, publicKey));
    const { keys } = await readListed(archive, gateway.digests.filter(({ key }) => !voidKeys.has(key)));
    const aside = await findIgnored(archive, instance, gateway, keys, publicKey);
    findings.push(...aside.map(({ key, problem }): Finding => ({ check: "archive events", state: "attention", finding: `${key} is ignored: ${problem.replaceAll(/\s+/g, " ")}`, remedy: "find out who wrote it: restore the object that it replaced from a backup, or remove it" })));
  }
  return findings;
}
