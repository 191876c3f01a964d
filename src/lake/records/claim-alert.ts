import type { ObjectStore } from "../../storage/object-store.ts";
import { alertClaim, type AlertClaim, type AlertRecord, isDone, type OpenAlert, readAlert } from "./alert-record.ts";
import { jsonBytes, readJson, replaceJson } from "../json-object.ts";
import { type AlertName, layout } from "../layout.ts";
import type { Clock } from "../../ledger/clock.ts";

export interface Claimant {
  /** Names the worker in the claim. */
  worker: string;
  clock: Clock;
  /** How long the claim lasts. */
  leaseMilliseconds: number;
}

/** `done`: the alert is in a final state; `not now`: a different worker is sending it, or it is not due yet; otherwise the caller sends it. */
export type Claimed = AlertRecord | "done" | "not now";

/** The worker that creates the claim object owns that round of sending. For the first round the record itself is the claim. */
export async function claimAlert(store: ObjectStore, alert: OpenAlert, claimant: Claimant): Promise<Claimed> {
  const known = await readAlert(store, alert);
  if (known === undefined) return await raise(store, alert, claimant);
  return isDone(known) ? "done" : await takeOver(store, known, claimant);
}

/** Writes the outcome of a round, unless the claim has expired: then the round and the record belong to a different worker. */
export async function finishAlert(store: ObjectStore, record: AlertRecord, clock: Clock): Promise<boolean> {
  if (!holds(record.claim, clock())) return false;
  await replaceJson(store, layout.alert(record), record);
  if (isDone(record)) await closeAlert(store, record);
  return true;
}

/** Removes the alert from the list of open ones, so that later evaluations ignore it. */
export async function closeAlert(store: ObjectStore, alert: AlertName): Promise<void> {
  await store.remove(layout.openAlert(alert));
}

/** Whether the owner of the claim may still send and write. */
export function holds({ until }: AlertClaim, now: Date): boolean {
  return now.getTime() < Date.parse(until);
}

/** Writes the open alert first, so that later evaluations find it after a crash between the two writes. */
async function raise(store: ObjectStore, alert: OpenAlert, claimant: Claimant): Promise<Claimed> {
  await replaceJson(store, layout.openAlert(alert), alert);
  const { targets, ...raised } = alert;
  const claim = makeClaim(claimant);
  const record: AlertRecord = {
    ...raised,
    raised_at: claim.at,
    state: "claimed",
    round: 1,
    claim,
    next_try_at: null,
    targets: targets.map((name) => ({ name, state: "waiting", tries: 0, last_error: null, at: null })),
  };
  return (await store.create(layout.alert(alert), jsonBytes(record))) === undefined ? "not now" : record;
}

async function takeOver(store: ObjectStore, known: AlertRecord, claimant: Claimant): Promise<Claimed> {
  const last = await lastClaim(store, known);
  // Read after the claims: a round with a claim but without an entry in the record had no outcome when the claims were listed.
  const record = await readAlert(store, known);
  if (record === undefined) return "not now";
  if (isDone(record)) return "done";
  const round = Math.max(last.round, record.round);
  const ended = round === record.round && record.state !== "claimed";
  const now = claimant.clock();
  if (ended ? now.getTime() < Date.parse(record.next_try_at ?? record.raised_at) : holds(last.claim, now)) return "not now";
  const claim = makeClaim(claimant);
  const created = await store.create(layout.alertClaim(known, round + 1), jsonBytes({ format: 1, claim }));
  return created === undefined ? "not now" : { ...record, state: "claimed", round: round + 1, claim, next_try_at: null };
}

async function lastClaim(store: ObjectStore, known: AlertRecord): Promise<{ round: number; claim: AlertClaim }> {
  const prefix = layout.alertClaims(known);
  let last: string | undefined;
  for await (const { key } of store.list(prefix)) last = key;
  if (last === undefined) return { round: 1, claim: known.claim };
  const { claim } = await readJson(store, last, alertClaim);
  return { round: Number(last.slice(prefix.length, -".json".length)), claim };
}

function makeClaim({ worker, clock, leaseMilliseconds }: Claimant): AlertClaim {
  const at = clock();
  return { by: worker, at: at.toISOString(), until: new Date(at.getTime() + leaseMilliseconds).toISOString() };
}
