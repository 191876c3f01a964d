import { loadBelieved } from "./chain/believed-events.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { LedgerError } from "../ledger/errors.ts";
import { loginReplacer } from "../ledger/names/login-replacer.ts";
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
  /** Who erases. */
  by: string;
  /** Else nothing is written. */
  apply: boolean;
}

export interface ErasureReport {
  pseudonym: string;
  applied: boolean;
  /** Gateways whose chain records it from this call on. */
  recorded: string[];
  /** Alerts whose texts or names had the login. */
  alerts: number;
  exports: {
    instance: string;
    key: string;
    /**
     * `reduced` now, or would be; `done` by an earlier call; `locked`: stays as it is until its lock is over; `unfinished`: retention has
     * to finish first what it declared of it; `purged`: there is none.
     */
    copy: ErasedCopy | "locked" | "purged";
    /** Whether the next run can derive its rows again; what an older version wrote, and no copy holds any more, it cannot. */
    tables: "run" | "left";
  }[];
}

/**
 * Replaces a caller by a pseudonym: in the copies that nothing locks, whose bodies of the caller go too, and, by the event in
 * the chain, in all that the next run derives. Sums stay. Throws `on_hold`, `key_missing`, `usage` for what is no person.
 * A call that ended half way is finished by the next one.
 * @param newId of events.
 */
export async function eraseCaller(ledger: Ledger, { apply, by, reason, ...request }: ErasureRequest, newId: () => string): Promise<ErasureReport> {
  const login = personOf(request.login);
  if (loginReplacer(login, "")(reason) !== reason) throw new LedgerError("usage", "the reason names the caller", { remedy: "say why without the login: what is in the chain stays there" });
  const { work: { archiving, clock }, stores: { archive } } = ledger;
  const { erasureKey, signingKey } = archiving;
  if (erasureKey === undefined) throw keyMissing("key to make the pseudonym with", "archive.erasure_key, or APERTURE_LEDGER_ERASURE_KEY: openssl rand -base64 32 makes one; keep it");
  if (signingKey === undefined) throw keyMissing("key to sign the erasure with", "archive.signing_key, or APERTURE_LEDGER_SIGNING_KEY");
  if (apply) await requireKeyOfChain(ledger);
  const publicKey = signingKey.publicKey;
  const pseudonym = pseudonymOf(login, erasureKey.toString("hex"));
  const at = clock();
  return await withWorkspace(async (workspace) => {
    const found = await findCaller(ledger.stores.lake, [login, pseudonym], workspace);
    const report: ErasureReport = { pseudonym, applied: apply, recorded: [], alerts: 0, exports: [] };
    const events = new Map<string, ArchiveEvent[]>();
    const byInstance = Map.groupBy(found, ({ known }) => known.instance);
    for (const instance of byInstance.keys()) events.set(instance, await loadBelieved(archive, instance, publicKey));
    // Of all gateways before the first is touched.
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
    // After the events: an evaluation that opens the ledger from here on knows whom it must not name.
    report.alerts = await eraseFromAlerts(ledger.stores.lake, loginReplacer(login, pseudonym), apply);
    return report;
  });
}

/** Whether an erasure names the export and is later than all that the login did in it. */
function isNamed({ known, sessions, mayBeQuarantined }: ExportOfCaller, login: string, erasures: readonly EventOf<"erasure">[]): boolean {
  const until = Math.max(0, ...erasures.filter(({ exports }) => exports.includes(known.archive)).map((one) => Date.parse(one.until)));
  if (mayBeQuarantined && until <= Date.parse(known.time)) return false;
  return until > 0 && sessions.every(({ caller, to }) => caller !== login || to.getTime() < until);
}

function personOf(login: string): string {
  const { caller, callerType } = identifyCaller(login, []);
  if (callerType === "user" && !isPseudonym(caller)) return caller;
  throw new LedgerError("usage", `${JSON.stringify(login)} is no person's login`, { remedy: "only people can be erased: give a login such as alice@example.com" });
}

function keyMissing(what: string, where: string): LedgerError {
  return new LedgerError("key_missing", `there is no ${what}`, { remedy: `give it in ${where}` });
}
