import pMap from "p-map";
import { loadVerifiedEvents } from "./chain/verified-events.ts";
import { canonicalBytes, sha256Hex } from "./chain/canonical.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { type Hold, holdsOver } from "./retention/hold.ts";
import { listInstances } from "./copies/list-archive.ts";
import { LedgerError } from "../ledger/errors.ts";
import { exportManifest } from "../lake/landing/export-manifest.ts";
import { readJson } from "../lake/json-object.ts";
import type { KnownExport, LedgerState } from "../lake/ledger-state.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Ledger } from "../open/ledger.ts";
import { replaceErased } from "../limits/alerts/erase-names.ts";
import { pseudonymiser } from "../ledger/names/erasure.ts";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import { eraseFromAlerts } from "./erasing/erase-alerts.ts";
import { eraseFromCopy, type ErasedCopy, isErased, isLocked, type Reduction } from "./erasing/erase-copy.ts";
import { loadHolds } from "./purging/load-chain.ts";
import { formatHolds } from "./purging/purge-plan.ts";
import { inspectCopy } from "./purging/inspect-copy.ts";

/** Copies whose erasure was pending, because they were locked or the call was interrupted. */
export interface FinishedErasures {
  reduced: number;
  /** Copies that are locked, on hold or altered: the next call tries again. */
  kept_back: number;
}

type Keys = Pick<Reduction, "erasureKey" | "signingKey">;

/** What all copies of a gateway have in common. */
interface Finishing extends Keys {
  ledger: Ledger;
  by: string;
  events: readonly ArchiveEvent[];
  holds: readonly Hold[];
}

/**
 * Finishes pending erasures in the copies that they name. For a finished copy only its manifest is read.
 * Undefined if somebody was erased and a key is missing: callers could not be recognised, or events not signed.
 */
export async function finishErasures(ledger: Ledger, state: LedgerState, by: string): Promise<FinishedErasures | undefined> {
  const { stores: { archive }, work: { archiving } } = ledger;
  const { erasureKey, signingKey } = archiving;
  const finished: FinishedErasures = { reduced: 0, kept_back: 0 };
  let holds: readonly Hold[] | undefined;
  const pseudonyms = new Set<string>();
  for (const instance of await listInstances(archive)) {
    const events = await loadVerifiedEvents(archive, instance, signingKey?.publicKey);
    const erasures = events.filter((event) => event.kind === "erasure");
    if (erasures.length === 0) continue;
    if (erasureKey === undefined || signingKey === undefined) return undefined;
    holds ??= await loadHolds(ledger.stores.archive, ledger.work.archiving);
    for (const { pseudonym } of erasures) pseudonyms.add(pseudonym);
    const finishing: Finishing = { ledger, erasureKey, signingKey, by, events, holds: holdsOver(holds, instance) };
    const known = new Map([...state.exports.values()].filter((one) => one.instance === instance).map((one) => [one.archive, one]));
    for (const ofCaller of Map.groupBy(erasures, ({ pseudonym }) => pseudonym).values()) {
      const pending = await findPending(finishing, ofCaller, known);
      if (pending.length === 0) continue;
      // A copy is processed once per caller; the events of the previous caller are in the chain by now.
      const soFar = { ...finishing, events: await loadVerifiedEvents(archive, instance, signingKey.publicKey) };
      for (const one of pending) {
        const copy = await finishCopy(soFar, ofCaller, one);
        if (copy === "reduced") finished.reduced++;
        if (copy === "kept back") finished.kept_back++;
      }
    }
  }
  if (erasureKey !== undefined && pseudonyms.size > 0) await eraseFromAlerts(ledger.stores.lake, replaceErased(erasedAmong(pseudonyms, erasureKey)), true);
  return finished;
}

/** A worker that was sending during the erasure may have written its alert again. */
function erasedAmong(pseudonyms: ReadonlySet<string>, key: Buffer): (login: string) => string | undefined {
  const pseudonymOf = pseudonymiser(key);
  return (login) => {
    const pseudonym = pseudonymOf(login);
    return pseudonym !== undefined && pseudonyms.has(pseudonym) ? pseudonym : undefined;
  };
}

/** The exports that an erasure names and whose copies still need it. */
async function findPending({ ledger, events }: Finishing, erasures: readonly EventOf<"erasure">[], known: ReadonlyMap<string, KnownExport>): Promise<KnownExport[]> {
  const ids = erasures.map(({ id }) => id);
  const named = [...new Set(erasures.flatMap((one) => one.exports))].flatMap((key) => known.get(key) ?? []);
  const pending = await pMap(
    named.filter(({ copy }) => copy !== "purged"),
    async (one) => {
      const { archive, purged } = await readJson(ledger.stores.lake, one.manifest.key, exportManifest);
      return purged !== null || isErased(one.archive, archive.sha256, { events, erasures: ids }) ? [] : [one];
    },
    { concurrency: READS_AT_ONCE },
  );
  return pending.flat();
}

async function finishCopy(finishing: Finishing, erasures: readonly EventOf<"erasure">[], known: KnownExport): Promise<ErasedCopy | "kept back"> {
  const { ledger, events, by, erasureKey, signingKey } = finishing;
  const { instance, archive: key } = known;
  const last = erasures.at(-1);
  if (last === undefined || (await ledger.stores.archive.head(key)) === undefined) return "done";
  return await withWorkspace(async (workspace) => {
    const keep = (why: string): "kept back" => {
      ledger.telling.log.info({ instance, copy: key, why }, "erasure postponed");
      return "kept back";
    };
    if (await isLocked(ledger, key)) return keep("it is locked or on hold in the store");
    const held = await findHolds(finishing, known, workspace);
    if (held.length > 0) return keep(formatHolds(held));
    const at = ledger.work.clock();
    const id = sha256Hex(canonicalBytes({ erasure: last.id, key, at: at.toISOString() })).slice(0, 10);
    const reduction: Reduction = { pseudonym: last.pseudonym, erasure: last.id, erasures: erasures.map((one) => one.id), by, at, id, events, erasureKey, signingKey, apply: true };
    try {
      const copy = await eraseFromCopy(ledger, known, reduction, workspace);
      if (copy === "reduced") ledger.telling.log.info({ instance, copy: key, erasure: last.id }, "copy reduced");
      return copy === "unfinished" ? keep("retention must first finish a reduction it declared") : copy;
    } catch (error) {
      // Does not stop the other copies; verification reports altered ones.
      if (!(error instanceof LedgerError) || (error.code !== "archive_conflict" && error.code !== "object_locked")) throw error;
      ledger.telling.log.error({ err: error, instance, copy: key }, "an erasure cannot be finished");
      return "kept back";
    }
  });
}

async function findHolds({ ledger, holds }: Finishing, known: KnownExport, workspace: string): Promise<Hold[]> {
  if (holds.length === 0) return [];
  const file = `${workspace}/held`;
  await ledger.stores.archive.download(known.archive, file);
  return (await inspectCopy(ledger, known, file, { rules: [], holds })).holds;
}
