import { expect, test } from "vitest";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { releaseHold } from "../../src/archive/legal-holds.ts";
import { planPurge } from "../../src/archive/purging/plan-purge.ts";
import { purgeArchive } from "../../src/archive/purge-archive.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { copiesOf } from "../archived-copies.ts";
import { contentsOf } from "../keys-of.ts";
import { eventsOf, KEY, retainedLedger, rule } from "./retained-archive.ts";
import { changeLedger } from "../change-ledger.ts";

const NOW = new Date("2026-11-08T00:00:00Z");
const WISH = { reason: "case 7", by: "kim@example.com", at: NOW.toISOString() };
const EVERYTHING = { instance: "prod", caller: null, session: null, from: null, to: null };
const OTHER = readSigningKey(generateKeys().privateKey, "another key");
const LATER = readSigningKey(generateKeys().privateKey, "a third key");
const rotation = { by: "kim@example.com", now: NOW, id: "r1" };

async function expired(): Promise<Ledger> {
  return await retainedLedger([{ by: "ann@example.com", at: "2026-10-05T08:00:00Z" }], [rule("records", "1 month")]);
}

function signing(ledger: Ledger, signingKey = OTHER): Ledger {
  return changeLedger(ledger, { work: { archiving: { ...PLAIN_ARCHIVE, retention: ledger.work.archiving.retention, erasureKey: Buffer.alloc(32, "k"), signingKey } } });
}

async function purge(ledger: Ledger): Promise<unknown> {
  const state = await loadLedgerState(ledger.stores.lake);
  return await purgeArchive(ledger, state, await planPurge(ledger, state, NOW), { by: "kim@example.com", now: NOW });
}

test.each<[string, (ledger: Ledger) => Promise<unknown>]>([
  ["removes nothing", purge],
  ["holds nothing", async (ledger) => await addHold(ledger, { id: "h2", selection: EVERYTHING, ...WISH })],
  ["releases nothing", async (ledger) => await releaseHold(ledger, { id: "h1", ...WISH })],
  ["erases nobody", async (ledger) => await eraseCaller(ledger, { login: "ann@example.com", reason: "asked", by: "kim@example.com", apply: true }, () => "e1")],
  ["hands on to no other key", async (ledger) => await rotateKey(ledger, LATER, rotation)],
])("a key that the chain does not know %s, and says so", async (_name, work) => {
  const ledger = await expired();
  if (work !== purge) await addHold(ledger, { id: "h1", selection: EVERYTHING, ...WISH });
  const before = await contentsOf(ledger.stores.archive, "");
  await expect(work(signing(ledger))).rejects.toMatchObject({
    code: "key_unusable",
    message: expect.stringMatching(/configured key is \S{43}, but .*_digests\/2026-10-31\.json is signed by \S{43}, which no rotation links to it/) as string,
  });
  expect(await contentsOf(ledger.stores.archive, "")).toEqual(before);
});

test("a key that a rotation links to the chain signs before there is a digest of its own", async () => {
  const ledger = await expired();
  expect(KEY.publicKey).not.toBe(OTHER.publicKey);
  await rotateKey(ledger, OTHER, rotation);
  await purge(signing(ledger));
  expect(await copiesOf(ledger.stores.archive)).toEqual([]);
  expect(await eventsOf(ledger.stores.archive, "purge")).toHaveLength(1);
});
