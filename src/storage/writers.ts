import { setTimeout as delay } from "node:timers/promises";
import type { SingleWriter, WriterClaim } from "./single-writer.ts";

/** Called when this process has become the only writer of a store. */
export type WriterListener = (store: string, claim: WriterClaim) => void;

const RELEASE_MS = 2000;

/** The writers of this process by place: two stores of one place, such as lake and archive, share one. */
const writers = new Map<string, SingleWriter>();
const listeners = new Set<WriterListener>();
/** The writers that were reported to listeners: the first attempt to claim may fail. */
const told = new WeakSet<SingleWriter>();

export function onSingleWriter(listener: WriterListener): void {
  listeners.add(listener);
}

/** Claims a place for this process unless it holds it already. Throws `writer_busy`. */
export async function claimPlace(place: string, store: string, open: () => SingleWriter): Promise<SingleWriter> {
  const known = writers.get(place);
  const writer = known ?? open();
  writers.set(place, writer);
  await writer.hold();
  if (told.has(writer)) return writer;
  told.add(writer);
  for (const listener of listeners) listener(store, writer.claim);
  return writer;
}

/**
 * Lets other processes write; called before this process ends, and waits no longer than the given time. A claim that cannot be released in
 * that time, because a write is in progress or the store is unreachable, expires two minutes later.
 */
export async function releaseWriters(): Promise<void> {
  const released = Promise.allSettled([...writers.values()].map((writer) => writer.release()));
  await Promise.race([released, delay(RELEASE_MS, undefined, { ref: false })]);
}
