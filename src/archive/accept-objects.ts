import { join } from "node:path";
import type { EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { listInstances } from "./copies/list-archive.ts";
import { LedgerError } from "../ledger/errors.ts";
import { archiveLayout, CLOSES, kindOfArchived } from "../lake/layout.ts";
import { gatewayOfRecord } from "../lake/records/money-records.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Ledger, Stores } from "../open/ledger.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { chainedGateways } from "./sealing/gateways.ts";

export interface Acceptance {
  reason: string;
  by: string;
  now: Date;
  id: string;
}

type Accepting = Pick<Ledger, "stores" | "telling" | "work">;

type Accepted = EventOf<"acceptance">["objects"];

/**
 * Records that somebody accepts objects, as they are now, that sealing would refuse: an export's copy with its receipt, a digest,
 * an event, a close record, or a record that decides who owes what. Returns the keys of the events. Removes and changes nothing;
 * every later verification reports the acceptance. Throws `usage` for a key of any other kind, `key_missing`, `key_unusable`.
 */
export async function acceptObjects(ledger: Accepting, keys: readonly string[], { reason, by, now, id }: Acceptance): Promise<string[]> {
  const signingKey = await requireKeyOfChain(ledger);
  const objects = new Map<string, Accepted>();
  const all = chainedGateways(ledger.stores, await listInstances(ledger.stores.archive));
  for (const key of keys) {
    const { instances, parts } = await acceptedParts(ledger.stores, key, all);
    for (const instance of instances) objects.set(instance, [...(objects.get(instance) ?? []), ...parts]);
  }
  const recorded: string[] = [];
  for (const [instance, accepted] of objects) {
    recorded.push(await recordEvent(ledger.stores.archive, { format: 1, kind: "acceptance", id, instance, at: now.toISOString(), by, reason, objects: accepted }, signingKey, ledger.work.archiving.lock));
  }
  ledger.telling.log.info({ keys, by }, "accepted");
  return recorded;
}

async function acceptedParts({ archive, lake }: Stores, key: string, all: readonly string[]): Promise<{ instances: readonly string[]; parts: Accepted }> {
  const gateway = key.startsWith(CLOSES) ? null : gatewayOfRecord(key);
  const inLake = gateway !== undefined;
  const { instance, kind } = kindOfArchived(key);
  const isKnown = inLake || kind === "digest" || kind === "event" || kind === "export";
  if (!isKnown) {
    throw new LedgerError("usage", `${JSON.stringify(key)} is not the key of an export, a digest, an event, a close record, a snapshot or a true-up`, { remedy: "give the key as it appears in the message of archive seal or verify" });
  }
  const places = kind === "export" ? [key, archiveLayout.receipt(key)] : [key];
  const parts: Accepted = [];
  for (const place of places) parts.push({ key: place, sha256: await hashOf(inLake ? lake : archive, place) });
  return { instances: gateway === null ? all : [gateway ?? instance], parts };
}

async function hashOf(store: ObjectStore, key: string): Promise<string | null> {
  if ((await store.head(key)) === undefined) return null;
  return await withWorkspace(async (workspace) => (await store.download(key, join(workspace, "object"))).sha256);
}
