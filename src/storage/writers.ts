import { setTimeout as delay } from "node:timers/promises";
import type { SingleWriter, WriterClaim } from "./single-writer.ts";

/** Tells that this process has become the only writer of a store. */
export type WriterListener = (store: string, claim: WriterClaim) => void;

const RELEASE_MS = 2000;

/** Of this process, by place: two stores of one place, such as lake and archive, are one writer. */
const writers = new Map<string, SingleWriter>();
const listeners = new Set<WriterListener>();
/** Those that listeners know of: the first attempt to hold one may fail. */
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
 * Lets other processes write; called before this one ends, which waits no longer than it says. A claim that is not given up in
 * that time, since a write is still under way or the store is away, ends by itself two minutes later.
 */
export async function releaseWriters(): Promise<void> {
  const released = Promise.allSettled([...writers.values()].map((writer) => writer.release()));
  await Promise.race([released, delay(RELEASE_MS, undefined, { ref: false })]);
}
