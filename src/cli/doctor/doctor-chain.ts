import { readSealed } from "../../archive/timekeeping/read-sealed.ts";
import { findForeignChain } from "../../archive/chain/foreign-chain.ts";
import { listArchive } from "../../archive/copies/list-archive.ts";
import type { Config } from "../../config/config.ts";
import { addDays, dayOf } from "../../ledger/days.ts";
import { openArchive } from "../../open/open-stores.ts";
import { findExposedKeys, sayExposed } from "../../open/exposed-keys.ts";
import { openSigningKey } from "../../open/archive-settings.ts";
import type { Finding } from "./finding.ts";

/** Checks whether digests are signed, by which key, and whether the chains continue with that key. */
export async function findSigningKey(config: Config): Promise<Finding> {
  const check = "archive key";
  const key = await openSigningKey(config);
  if (key === undefined) return { check, state: "attention", finding: "none: no digests are made", remedy: "aperture-ledger archive keys makes a pair; then set archive.signing_key" };
  const foreign = hasArchive(config) ? await findForeignChain(await openArchive(config), key.publicKey) : undefined;
  if (foreign === undefined) return { check, state: "ok", finding: `digests are signed by ${key.publicKey}` };
  return {
    check,
    state: "failed",
    finding: `it is ${key.publicKey}, and the chain of ${foreign.instance} is signed by ${foreign.signer ?? "nobody"}, which no rotation links to it: nothing is sealed`,
    remedy: "configure the key that signed the archive, and record a new one with aperture-ledger archive keys rotate",
  };
}

/** Files with keys that other accounts of the machine can read. */
export async function findInKeyFiles(config: Config): Promise<Finding[]> {
  return (await findExposedKeys(config)).map((exposed): Finding => ({ check: "key files", state: "attention", ...sayExposed(exposed) }));
}

/** Gateways without a digest of yesterday or today. */
export async function findInChains(config: Config, now: Date): Promise<Finding[]> {
  // A key that cannot be read has a finding of its own.
  const key = await openSigningKey(config).catch(() => undefined);
  if (!hasArchive(config) || key === undefined) return [];
  const remedy = "call aperture-ledger archive seal each day, or let a worker with the schedule do it (retention)";
  const yesterday = addDays(dayOf(now, "UTC"), -1);
  const archive = await openArchive(config);
  const sealed = new Map((await readSealed(archive, key?.publicKey)).map(({ instance, day }) => [instance, day]));
  return [...(await listArchive(archive)).keys()].flatMap((instance): Finding[] => {
    const day = sealed.get(instance);
    if (day !== undefined && day >= yesterday) return [];
    return [{ check: "archive chain", state: "attention", finding: day === undefined ? `nothing of ${instance} is sealed yet` : `${instance} has not been sealed since ${day}`, remedy }];
  });
}

function hasArchive({ archive, lake }: Config): boolean {
  return archive.url !== undefined || lake !== undefined;
}
