import type { ArchiveEvent, Criterion, EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { listInstances } from "./copies/list-archive.ts";
import type { ExtractionForm } from "./extracting/record-writers.ts";
import type { RecordSelection } from "./extracting/record-selection.ts";
import { parseReason } from "./hold-reason.ts";
import { requireKeyOfChain, type Signing } from "./require-signing-key.ts";
import { archiveLayout } from "../lake/layout.ts";
import type { Clock } from "../ledger/clock.ts";
import { LedgerError } from "../ledger/errors.ts";
import { loginReplacer } from "../ledger/names/login-replacer.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** What somebody is about to look at. */
export interface Looking {
  what: { kind: "search" } | { kind: "extraction"; form: ExtractionForm };
  selection: RecordSelection;
  /** Criteria besides those of the selection, with what was written for them. */
  wanted: ReadonlyMap<Criterion, string>;
  /** Login of the person who asks. */
  by: string;
  /** A search must have one. */
  reason: string | undefined;
}

/**
 * Records a search or an extraction in the chain of the gateway, or of all gateways: to be called before anything is read. The events contain who, why,
 * the span, and which criteria were used, never their values. Returns the gateways; none for an archive that was never sealed if no key is configured.
 * Throws `usage` for a reason that contains one of the values; also `key_missing` where the archive has digests, and `key_unusable`.
 * @param newId makes ids for events.
 */
export async function recordLooking(ledger: Signing & { work: { clock: Clock } }, looking: Looking, newId: () => string): Promise<string[]> {
  const { stores: { archive }, work: { archiving, clock } } = ledger;
  const { selection, by } = looking;
  const reason = looking.reason === undefined ? null : parseReason(looking.reason);
  const values = valuesOf(looking);
  refuseTelling(reason, values);
  const instances = selection.instance === undefined ? await listInstances(archive) : [selection.instance];
  if (archiving.signingKey === undefined) {
    await refuseUnrecorded(archive, instances);
    return [];
  }
  const signingKey = await requireKeyOfChain(ledger);
  const span = { from: selection.from?.toISOString() ?? null, to: selection.to?.toISOString() ?? null };
  for (const instance of instances) {
    const common = { format: 1 as const, id: newId(), instance, at: clock().toISOString(), by, known: "command" as const, criteria: [...values.keys()], ...span };
    await recordEvent(archive, eventOf(looking.what, common, reason), signingKey, archiving.lock);
  }
  return instances;
}

function eventOf(what: Looking["what"], common: Omit<EventOf<"search">, "kind" | "reason">, reason: string | null): ArchiveEvent {
  return what.kind === "search" ? { ...common, kind: "search", reason: reason ?? "" } : { ...common, kind: "extraction", form: what.form, reason };
}

/** The criteria that are used, in a fixed order, with what was written for them. */
function valuesOf({ selection: { caller, session, capture }, wanted }: Looking): Map<Criterion, string> {
  const values = new Map<Criterion, string>();
  if (caller !== undefined) values.set("caller", caller);
  if (session !== undefined) values.set("session", session);
  if (capture !== undefined) values.set("capture", capture);
  for (const [criterion, value] of wanted) values.set(criterion, value);
  return values;
}

/** A value may be a person, or what a person said: the chain would keep it after an erasure. */
function refuseTelling(reason: string | null, values: ReadonlyMap<Criterion, string>): void {
  if (reason === null) return;
  const told = (["caller", "session", "capture", "text"] as const).find((criterion) => {
    const value = values.get(criterion);
    return value !== undefined && loginReplacer(value.toLowerCase(), "")(reason) !== reason;
  });
  if (told !== undefined) throw new LedgerError("usage", `the reason contains the given ${told}`, { remedy: "give a reason without it: the chain keeps it forever" });
}

async function refuseUnrecorded(archive: ObjectStore, instances: readonly string[]): Promise<void> {
  for (const instance of instances) {
    for await (const { key } of archive.list(archiveLayout.digests(instance))) {
      throw new LedgerError("key_missing", `${archive.url}/${key} shows that this archive is sealed, and no key is configured to record in it who looks at conversations`, {
        remedy: "nothing was read: set archive.signing_key, or APERTURE_LEDGER_SIGNING_KEY, to the key that signs the archive",
      });
    }
  }
}
