import type { SingleWriter, WriterClaim } from "./single-writer.ts";

/** Tells that this process has become the only writer of a store. */
export type WriterListener = (store: string, claim: WriterClaim) => void;

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

/** Lets other processes write; called before this one ends. */
export async function releaseWriters(): Promise<void> {
  const held = [...writers.values()];
  writers.clear();
  await Promise.allSettled(held.map((writer) => writer.release()));
}
