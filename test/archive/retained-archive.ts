import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { type PurgedArchive, purgeArchive } from "../../src/archive/purge-archive.ts";
import type { PurgePlan } from "../../src/archive/purging/purge-plan.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import type { LedgerChanges } from "../change-ledger.ts";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { decodeFirst, encode } from "cborg";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { type ArchiveEvent, type EventKind, type EventOf } from "../../src/archive/chain/event.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import type { RetentionRule } from "../../src/archive/retention/retention-rule.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { sealCopies } from "./sealed-at-once.ts";

export const KEY_PEM = generateKeys().privateKey;
export const KEY = readSigningKey(KEY_PEM, "test");

/** A rule as it would be configured, with `keep` as text. */
export function rule(content: RetentionRule["content"], keep: string, about: Partial<Pick<RetentionRule, "instance" | "teams" | "callerType">> = {}): RetentionRule {
  const parsed = parseDuration(keep);
  if (parsed === undefined) throw new Error(keep);
  return { content, keep: parsed, instance: undefined, teams: undefined, callerType: undefined, ...about };
}

/** A ledger over these requests, an export a day, ingested; sealed unless told otherwise. */
export async function retainedLedger(
  requests: readonly Asked[],
  retention: readonly RetentionRule[],
  { changes = {}, sealed = true }: { changes?: LedgerChanges; sealed?: boolean } = {},
): Promise<Ledger & { source: string }> {
  const source = temporaryFolder();
  writeRequests(source, requests);
  const ledger = testLedger(new FsStore(source), changes.stores?.lake ?? new FsStore(temporaryFolder()), { work: { archiving: { ...PLAIN_ARCHIVE, signingKey: KEY, retention } } }, changes);
  await runOnce(ledger);
  if (sealed) await sealCopies(ledger.stores.archive, KEY, "2026-10-31");
  return { ...ledger, source };
}

/** Events of a kind in a gateway's chain, in order of time. */
export async function eventsOf<Kind extends EventKind>(archive: ObjectStore, kind: Kind, instance = "prod"): Promise<EventOf<Kind>[]> {
  const events: ArchiveEvent[] = (await loadEvents(archive, instance)).map(({ document }) => document.header);
  return events.filter((event): event is EventOf<Kind> => event.kind === kind);
}

interface DecodedRecord {
  identity: { login_name: string };
  capture?: Record<string, unknown>;
}

function recordsIn(bytes: Uint8Array): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  for (let rest: Uint8Array = zstdDecompressSync(bytes); rest.byteLength > 0;) {
    const [record, left] = decodeFirst(rest) as [DecodedRecord, Uint8Array];
    records.push(record);
    rest = left;
  }
  return records;
}

/** Who is in a copy, in the order of the file. */
export async function callersIn(archive: ObjectStore, key: string): Promise<string[]> {
  return recordsIn(await archive.read(key)).map(({ identity }) => identity.login_name);
}

/** Who has a captured conversation in a copy. */
export async function bodiesIn(archive: ObjectStore, key: string): Promise<string[]> {
  return recordsIn(await archive.read(key)).flatMap(({ identity, capture }) => (capture?.["requestBody"] ? [identity.login_name] : []));
}

/** Gives every record of the exports in a folder a conversation. */
export function addBodies(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const records = recordsIn(readFileSync(join(folder, name)));
    const spoken = records.map((record) => encode({ ...record, capture: { ...record.capture, requestBody: { messages: ["what was said"] } } }));
    writeFileSync(join(folder, name), zstdCompressSync(Buffer.concat(spoken)));
  }
}

/** What a purge at that time would do. */
export async function planAt(ledger: Ledger, now: Date): Promise<PurgePlan> {
  return await planPurge(ledger, await loadLedgerState(ledger.stores.lake), now);
}

export async function purgeAt(ledger: Ledger, now: Date): Promise<PurgedArchive> {
  const state = await loadLedgerState(ledger.stores.lake);
  return await purgeArchive(ledger, state, await planPurge(ledger, state, now), { by: "kim@example.com", now });
}
