import type { ObjectEntry } from "../../storage/object-store.ts";
import type { ArchiveEvent, EventOf } from "../chain/event.ts";
import { type Hold, holdsOver, readHolds } from "../retention/hold.ts";
import { coversWholeGateway } from "../retention/selection-covers.ts";
import type { CheckedEvents } from "./check-events.ts";

/** Reads copies to find which holds cover their records. It is passed in, since the formats of exports are not the archive's. */
export interface HoldReader {
  /** The holds that may cover records of a copy, by the time of its export. Reads nothing. */
  mayCover(copy: ObjectEntry, holds: readonly Hold[]): Hold[];
  /** The holds that cover a record of a copy. @param file the copy as a local file. */
  covering(copy: ObjectEntry, file: string, holds: readonly Hold[]): Promise<Hold[]>;
}

/** The holds in force over a gateway. */
export interface OwedHolds {
  /** Whether one covers everything. */
  everything: boolean;
  /** The holds on callers, sessions and times. */
  parts: Hold[];
}

/**
 * The holds in force, as verified events declare them. A hold counts once a digest lists it, since a sealing first sets the holds that are
 * recorded; a release counts at once. A hold whose release was lost is not counted: the lost event is the finding.
 */
export function holdsInForce(gateways: readonly { instance: string; events: Pick<CheckedEvents, "events" | "findings"> }[]): Hold[] {
  const chains = new Map(gateways.map(({ instance, events: { events } }) => [instance, events.flatMap(({ event, sealed }) => (sealed || event.kind === "release" ? [{ header: event }] : []))]));
  const lost = gateways.flatMap(({ events: { findings } }) => findings.map(({ key }) => key));
  return readHolds(chains, () => true).filter(({ id, released }) => released === null && !lost.some((key) => key.endsWith(`-release-${id}.json`)));
}

export function owedHolds(holds: readonly Hold[], instance: string): OwedHolds {
  const over = holdsOver(holds, instance);
  return { everything: over.some(({ selection }) => coversWholeGateway(selection)), parts: over.filter(({ selection }) => !coversWholeGateway(selection)) };
}

/**
 * Whether a hold may cover a caller who had been erased before: the copies then have a pseudonym, or still the login, and only the erasure
 * key shows that both are the same. Nobody on hold is erased.
 */
export function mayMeanErased(holds: readonly Hold[], events: readonly ArchiveEvent[]): boolean {
  const erasures = events.filter((event): event is EventOf<"erasure"> => event.kind === "erasure");
  return holds.some(({ selection, at }) => selection.caller !== null && erasures.some((erasure) => erasure.at <= at));
}
