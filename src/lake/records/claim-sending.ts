import type { ObjectStore } from "../../storage/object-store.ts";
import { jsonBytes, readJson, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";
import type { Clock } from "../../ledger/clock.ts";
import { type Claim, claimObject, isDone, readSending, type Sending, type SendingKeys, type SentKind, type ToSend } from "./sending-record.ts";

export interface Claimant {
  /** Names the worker in the claim. */
  worker: string;
  clock: Clock;
  /** How long the claim lasts. */
  leaseMilliseconds: number;
}

/** `done`: the message is in a final state; `not now`: a different worker is sending it, or it is not due yet; otherwise the caller sends it. */
export type Claimed<Content> = (Content & Sending) | "done" | "not now";

/** The worker that creates the claim object owns that round of sending. For the first round the record itself is the claim. */
export async function claimSending<Content extends object>(store: ObjectStore, kind: SentKind<Content>, toSend: ToSend<Content>, claimant: Claimant): Promise<Claimed<Content>> {
  const known = await readSending(store, kind, toSend.content);
  if (known === undefined) return await raise(store, kind, toSend, claimant);
  return isDone(known) ? "done" : await takeOver(store, kind, known, claimant);
}

/** Writes the outcome of a round, unless the claim has expired: then the round and the record belong to a different worker. */
export async function finishSending<Content extends object>(store: ObjectStore, { keysOf }: SentKind<Content>, record: Content & Sending, clock: Clock): Promise<boolean> {
  if (!holds(record.claim, clock())) return false;
  const keys = keysOf(record);
  await replaceJson(store, keys.record, record);
  if (isDone(record)) await closeSending(store, keys);
  return true;
}

/** Removes the message from the list of open ones, so that later evaluations ignore it. */
export async function closeSending(store: ObjectStore, { open }: Pick<SendingKeys, "open">): Promise<void> {
  await store.remove(open);
}

/** Whether the owner of the claim may still send and write. */
export function holds({ until }: Claim, now: Date): boolean {
  return now.getTime() < Date.parse(until);
}

/** Writes the open message first, so that later evaluations find it after a crash between the two writes. */
async function raise<Content extends object>(store: ObjectStore, { keysOf }: SentKind<Content>, { content, targets }: ToSend<Content>, claimant: Claimant): Promise<Claimed<Content>> {
  const keys = keysOf(content);
  await replaceJson(store, keys.open, { ...content, targets });
  const claim = makeClaim(claimant);
  const sending: Sending = {
    raised_at: claim.at,
    state: "claimed",
    round: 1,
    claim,
    next_try_at: null,
    targets: targets.map((name) => ({ name, state: "waiting", tries: 0, last_error: null, at: null })),
  };
  const record = { ...content, ...sending };
  return (await store.create(keys.record, jsonBytes(record))) === undefined ? "not now" : record;
}

async function takeOver<Content extends object>(store: ObjectStore, kind: SentKind<Content>, known: Content & Sending, claimant: Claimant): Promise<Claimed<Content>> {
  const { claims } = kind.keysOf(known);
  const last = await lastClaim(store, claims, known);
  // Read after the claims: a round with a claim but without an entry in the record had no outcome when the claims were listed.
  const record = await readSending(store, kind, known);
  if (record === undefined) return "not now";
  if (isDone(record)) return "done";
  const round = Math.max(last.round, record.round);
  const ended = round === record.round && record.state !== "claimed";
  const now = claimant.clock();
  if (ended ? now.getTime() < Date.parse(record.next_try_at ?? record.raised_at) : holds(last.claim, now)) return "not now";
  const claim = makeClaim(claimant);
  const created = await store.create(layout.claim(claims, round + 1), jsonBytes({ format: 1, claim }));
  return created === undefined ? "not now" : { ...record, state: "claimed", round: round + 1, claim, next_try_at: null };
}

async function lastClaim(store: ObjectStore, claims: string, known: Sending): Promise<{ round: number; claim: Claim }> {
  let last: string | undefined;
  for await (const { key } of store.list(claims)) last = key;
  if (last === undefined) return { round: 1, claim: known.claim };
  const { claim } = await readJson(store, last, claimObject);
  return { round: Number(last.slice(claims.length, -".json".length)), claim };
}

function makeClaim({ worker, clock, leaseMilliseconds }: Claimant): Claim {
  const at = clock();
  return { by: worker, at: at.toISOString(), until: new Date(at.getTime() + leaseMilliseconds).toISOString() };
}
