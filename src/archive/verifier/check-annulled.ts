import { addDays, dayOf } from "../../ledger/days.ts";
import { type Annulled, annulledBy } from "../chain/annulled.ts";
import { isVerifiedBy } from "../chain/verified-events.ts";
import type { Digest } from "../chain/digest.ts";
import type { SignedEvent } from "../chain/event.ts";
import type { BrokenDocument, StoredDocument } from "../chain/read-document.ts";
import type { CheckedChain } from "./check-chain.ts";
import { type Finding, finding, type Note } from "./finding.ts";

interface ReadGateway {
  instance: string;
  digests: readonly (StoredDocument<Digest> | BrokenDocument)[];
  events: readonly (StoredDocument<SignedEvent> | BrokenDocument)[];
}

/** The digests that trusted keys annulled, in the chains of all gateways. */
export function findAnnulled(read: readonly ReadGateway[], trusted: ReadonlySet<string>): Annulled {
  // Signatures take most of the time of a verification, and few events are annulments.
  const isAnnulment = (instance: string, event: StoredDocument<SignedEvent>): boolean => event.document.header.kind === "annulment" && isVerifiedBy(instance, event, trusted);
  return annulledBy(read.flatMap(({ instance, events }) => events.flatMap((event) => ("problem" in event || !isAnnulment(instance, event) ? [] : [event.document.header]))));
}

/** Every annulment is a note in each verification; an annulled digest that is missing is a finding. */
export function checkAnnulled(read: readonly ReadGateway[], annulled: Annulled): { findings: Finding[]; notes: Note[] } {
  const there = new Set(read.flatMap(({ digests }) => digests.map(({ key }) => key)));
  const events = new Set([...annulled.values()].map(({ event }) => event));
  const findings = [...annulled].flatMap(([sha256, { event: { instance }, key }]) => (there.has(key) ? [] : [finding("digest_missing", { instance, key, what: "is missing: an annulled digest must stay in the archive", expected: sha256 })]));
  const notes = [...events].map(({ digests, after, by, at, reason }): Note => {
    const keys = digests.map(({ key }) => key);
    const others = keys.length === 1 ? "is annulled" : `and ${String(keys.length - 1)} more up to ${keys.at(-1) ?? ""} are annulled`;
    return { key: keys[0] ?? "", text: `${others}: made while the clock was wrong, after ${after}; by ${by} at ${at}: ${reason}` };
  });
  return { findings, notes };
}

/** Chains with digests of future days: nothing can be sealed until these days are over. One finding per gateway. */
export function findAhead(chains: readonly CheckedChain[], now: Date): Finding[] {
  const tomorrow = addDays(dayOf(now, "UTC"), 1);
  return chains.flatMap(({ instance, digests }): Finding[] => {
    const ahead = digests.filter(({ document: { header } }) => header.date > tomorrow);
    const [first, last] = [ahead[0], ahead.at(-1)];
    if (first === undefined || last === undefined) return [];
    const more = ahead.length === 1 ? "" : `; so are ${String(ahead.length - 1)} more up to ${last.document.header.date}`;
    return [finding("digest_ahead", { instance, key: first.key, what: `is of a future day${more}`, expected: `${tomorrow} at the latest`, found: first.document.header.date })];
  });
}
