import { loadVerifiedEvents } from "./chain/verified-events.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { LedgerError } from "../ledger/errors.ts";
import { loginReplacer } from "../ledger/names/login-replacer.ts";
import { replaceInJournal } from "../lake/records/journal.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import { isPseudonym, pseudonymOf } from "../ledger/names/erasure.ts";
import type { Ledger } from "../open/ledger.ts";
import { isLandingReadable } from "../ingest/ingest-settings.ts";
import { eraseFromAlerts } from "./erasing/erase-alerts.ts";
import { type ErasedCopy, eraseFromCopy, isLocked } from "./erasing/erase-copy.ts";
import { type ExportOfCaller, findCaller } from "./erasing/find-caller.ts";
import { refuseHeld } from "./erasing/refuse-held.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { loadHolds } from "./purging/load-chain.ts";

export interface ErasureRequest {
  login: string;
  reason: string;
  /** Login of the person who erases. */
  by: string;
  /** If false, nothing is written. */
  apply: boolean;
}

export interface ErasureReport {
  pseudonym: string;
  applied: boolean;
  /** Gateways whose chains get the erasure from this call. */
  recorded: string[];
  /** Alerts that contained the login in their text or name. */
  alerts: number;
  /** Entries of the journal of reads that named the login. */
  journal: number;
  exports: {
    instance: string;
    key: string;
    /**
     * `reduced` by this call, or would be; `done` by an earlier call; `locked`: unchanged until the lock expires; `unfinished`: retention
     * must first finish a reduction it declared; `purged`: the copy no longer exists.
     */
    copy: ErasedCopy | "locked" | "purged";
    /** `run`: the next run derives its rows again; `left`: it cannot, since an older version wrote them and the copy is gone. */
    tables: "run" | "left";
  }[];
}

/**
 * Replaces a caller by a pseudonym: in all copies that are not locked, from which the caller's bodies are removed too, and, through the
 * event in the chain, in everything that the next run derives. Sums stay the same. The next call finishes an interrupted one.
 * Throws `on_hold`, `key_missing`, and `usage` if the login is not a person's.
 * @param newId makes ids for events.
 */
export async function eraseCaller(ledger: Ledger, { apply, by, reason, ...request }: ErasureRequest, newId: () => string): Promise<ErasureReport> {
  const login = requirePerson(request.login);
  if (loginReplacer(login, "")(reason) !== reason) throw new LedgerError("usage", "the reason names the caller", { remedy: "give a reason without the login: the chain keeps it for ever" });
  const { work: { archiving, clock }, stores: { archive } } = ledger;
  const { erasureKey, signingKey } = archiving;
  if (erasureKey === undefined) throw keyMissing("make the pseudonym", "archive.erasure_key or APERTURE_LEDGER_ERASURE_KEY; openssl rand -base64 32 makes one, which you must keep");
  if (signingKey === undefined) throw keyMissing("sign the erasure", "archive.signing_key or APERTURE_LEDGER_SIGNING_KEY");
  if (apply) await requireKeyOfChain(ledger);
  const publicKey = signingKey.publicKey;
  const pseudonym = pseudonymOf(login, erasureKey.toString("hex"));
  const at = clock();
  return await withWorkspace(async (workspace) => {
    const found = await findCaller(ledger.stores.lake, [login, pseudonym], workspace);
    const report: ErasureReport = { pseudonym, applied: apply, recorded: [], alerts: 0, journal: 0, exports: [] };
    const events = new Map<string, ArchiveEvent[]>();
    const byInstance = Map.groupBy(found, ({ known }) => known.instance);
    for (const instance of byInstance.keys()) events.set(instance, await loadVerifiedEvents(archive, instance, publicKey));
    // Checks the holds of all gateways before changing the first.
    refuseHeld(await loadHolds(ledger.stores.archive, ledger.work.archiving), [login, pseudonym], found);
    for (const [instance, exports] of byInstance) {
      const before = events.get(instance) ?? [];
      const erasures = before.filter((event): event is EventOf<"erasure"> => event.kind === "erasure" && event.pseudonym === pseudonym);
      let id = erasures.at(-1)?.id;
      if (id === undefined || exports.some((one) => !isNamed(one, login, erasures))) {
        id = newId();
        report.recorded.push(instance);
        const keys = exports.map(({ known }) => known.archive).sort();
        if (apply) await recordEvent(archive, { format: 1, id, instance, at: at.toISOString(), by, kind: "erasure", pseudonym, until: at.toISOString(), exports: keys, reason }, signingKey, ledger.work.archiving.lock);
      }
      for (const { known } of exports) {
        const ids = [id, ...erasures.map((one) => one.id)];
        const reduction = { login, pseudonym, erasureKey, erasure: id, erasures: ids, by, at, id: newId(), events: before, signingKey, apply };
        const copy = known.copy === "purged" ? "purged" : (await isLocked(ledger, known.archive)) ? "locked" : await eraseFromCopy(ledger, known, reduction, workspace);
        const isReadAgain = known.copy === "whole" || known.copy === "reduced" || isLandingReadable(known.settings);
        report.exports.push({ instance, key: known.archive, copy, tables: isReadAgain ? "run" : "left" });
      }
    }
    // After the events: evaluations that start from here on know whom they must not name.
    report.alerts = await eraseFromAlerts(ledger.stores.lake, loginReplacer(login, pseudonym), apply);
    report.journal = await replaceInJournal(ledger.stores.lake, loginReplacer(login, pseudonym), apply);
    return report;
  });
}

/** Whether an erasure names the export and is later than all requests of the login in it. */
function isNamed({ known, sessions, mayBeQuarantined }: ExportOfCaller, login: string, erasures: readonly EventOf<"erasure">[]): boolean {
  const until = Math.max(0, ...erasures.filter(({ exports }) => exports.includes(known.archive)).map((one) => Date.parse(one.until)));
  if (mayBeQuarantined && until <= Date.parse(known.time)) return false;
  return until > 0 && sessions.every(({ caller, to }) => caller !== login || to.getTime() < until);
}

function requirePerson(login: string): string {
  const { caller, callerType } = identifyCaller(login, []);
  if (callerType === "user" && !isPseudonym(caller)) return caller;
  throw new LedgerError("usage", `${JSON.stringify(login)} is not a person's login`, { remedy: "only people can be erased: give a login such as alice@example.com" });
}

function keyMissing(purpose: string, where: string): LedgerError {
  return new LedgerError("key_missing", `no key is configured to ${purpose}`, { remedy: `set ${where}` });
}
