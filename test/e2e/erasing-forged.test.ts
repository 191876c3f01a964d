import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { extractArchive, type ExtractionTools } from "../../src/archive/extract-archive.ts";
import { scanExports } from "../../src/archive/extracting/find-exports.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { listHolds, releaseHold } from "../../src/archive/legal-holds.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import { findErasedCallers } from "../../src/open/erased-callers.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { pseudonymOf } from "../../src/ledger/names/erasure.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { query } from "../query.ts";
import { close } from "./closing.ts";
import { keysOf } from "../keys-of.ts";
import { ALICE, ARCHIVING, BOB, type Erasing, eventsOf, ledgerOfTwo, LOGIN, namesAlice, requestOf, SIGNING_KEY } from "./erasing.ts";
import { mayBeIncoherent } from "../test-ledger.ts";

const STRANGER = readSigningKey(generateKeys().privateKey, "a stranger");
const PSEUDONYM = pseudonymOf(LOGIN, ARCHIVING.erasureKey.toString("hex"));
const COMMON = { format: 1, instance: "prod", by: "nobody", at: "2026-10-20T10:00:00.000Z" } as const;
const NOBODY = { instance: null, caller: null, session: null, from: null, to: null };
const HOLD = { id: "hold-1", selection: { ...NOBODY, caller: LOGIN }, reason: "case 7", by: "counsel", at: "2026-10-20T09:00:00.000Z" };

/** What somebody who can write the bucket, and has no key of the archive, may put there. */
async function forge({ lake }: Erasing, event: ArchiveEvent, how: "unsigned" | "by another key" | "under the archive's key, without its signature"): Promise<void> {
  if (how === "by another key") return void (await recordEvent(lake, event, STRANGER, undefined));
  const key = how === "unsigned" ? null : SIGNING_KEY.publicKey;
  const signature = how === "unsigned" ? null : "AAAA";
  await lake.create(archiveLayout.event(event.instance, event), canonicalBytes({ header: event, key, signature }));
}

describe.each(["unsigned", "by another key", "under the archive's key, without its signature"] as const)("an event %s", (how) => {
  test("releases no hold, neither from erasure nor for whoever releases it in earnest", async () => {
    const erasing = await ledgerOfTwo();
    await addHold(erasing.ledger(), HOLD);
    await forge(erasing, { ...COMMON, id: "x", kind: "release", hold: "hold-1", reason: "settled" }, how);
    await expect(erasing.erase()).rejects.toMatchObject({ code: "on_hold" });
    await releaseHold(erasing.ledger(), { id: "hold-1", reason: "settled", by: "counsel", at: "2026-10-21T00:00:00.000Z" });
    expect((await erasing.erase()).exports).toHaveLength(2);
  });

  test("makes no hold narrower, and itself holds", async () => {
    const erasing = await ledgerOfTwo();
    const state = await loadLedgerState(erasing.lake);
    await addHold(erasing.ledger(), HOLD);
    await forge(erasing, { ...COMMON, at: "2026-10-20T08:00:00.000Z", id: "hold-1", kind: "hold", hold: "hold-1", selection: { ...NOBODY, caller: "tag:none" }, reason: "narrower" }, how);
    await expect(erasing.erase()).rejects.toMatchObject({ code: "on_hold" });
    expect((await listHolds(erasing.ledger(), state)).map(({ selection: { caller } }) => caller).sort()).toEqual([LOGIN, "tag:none"]);
    const other = await ledgerOfTwo();
    await forge(other, { ...COMMON, id: "hold-2", kind: "hold", hold: "hold-2", selection: { ...NOBODY, session: "ses-1" }, reason: "forged" }, how);
    await expect(other.erase()).rejects.toMatchObject({ code: "on_hold" });
  });

  test("erases nobody, and does not stand for an erasure in earnest", async () => {
    const erasing = await ledgerOfTwo();
    const exports = await keysOf(erasing.lake, "archive/prod/2026/");
    await forge(erasing, { ...COMMON, id: "x", kind: "erasure", pseudonym: PSEUDONYM, until: "2026-12-01T00:00:00.000Z", exports, reason: "forged" }, how);
    await erasing.run();
    const callers = async (): Promise<unknown> => await query(`SELECT DISTINCT caller FROM read_parquet('${erasing.place}/usage/*/*.parquet') ORDER BY 1`);
    expect(await callers()).toEqual([{ caller: LOGIN }, { caller: BOB }]);
    expect(await erasing.erase()).toMatchObject({ recorded: ["prod"] });
    await erasing.run();
    expect(await namesAlice(erasing)).toEqual([]);
  });

  test("explains no altered copy, for erasure, run or extraction, and hides none", async () => {
    mayBeIncoherent("a copy is altered");
    const erasing = await ledgerOfTwo();
    const [first = "", second = ""] = await keysOf(erasing.lake, "archive/prod/2026/");
    const less = zstdCompressSync(requestOf(BOB, 2));
    const was = Buffer.from(await erasing.lake.read(first));
    const content = (bytes: Buffer): { size: number; sha256: string } => ({ size: bytes.byteLength, sha256: sha256Hex(bytes) });
    const objects = [{ key: first, before: content(was), after: content(less), records_removed: 0, bodies_removed: 0 }];
    await forge(erasing, { ...COMMON, id: "x", kind: "reduction", rule: "erasure id-0", head: null, objects }, how);
    await forge(erasing, { ...COMMON, id: "y", kind: "purge", rule: "content: records, keep: 1 day", head: null, objects: [{ key: second, ...content(was) }] }, how);
    writeFileSync(join(erasing.place, first), less);
    await expect(erasing.erase()).rejects.toMatchObject({ code: "archive_conflict" });
    const changed = erasing.ledger({ rules: { normalisingAt: () => ({ instance: "prod", gateway: [], dimensions: new Map() }) } });
    await expect(runOnce(changed)).rejects.toMatchObject({ code: "exports_failed" });
    const { telling: { log, progress } } = erasing.ledger();
    const tools: ExtractionTools = { archive: erasing.lake, publicKey: SIGNING_KEY.publicKey, log, progress };
    const all = await scanExports(erasing.lake, {});
    const extract = async (key: string) => await extractArchive(tools, { selection: {}, exports: all.filter((one) => one.key === key), format: "ndjson", by: "auditor", append: async () => undefined });
    await expect(extract(first)).rejects.toMatchObject({ code: "archive_broken" });
    expect(await extract(second)).toMatchObject({ purged: [], opened: 1 });
  });
});

test("what is frozen after an erasure names the login or the pseudonym, never both", async () => {
  const erasing = await ledgerOfTwo();
  await erasing.erase();
  const configured = settingsOf({ directory: { teams: [{ name: "web", members: [ALICE] }, { name: "ops", members: [BOB] }] }, allocation: { rules: [{ when: { caller: ALICE, model: "gpt-*" }, team: "ops" }] } });
  const ledger = erasing.ledger({ rules: { allocation: { ...configured, pseudonymOf: await findErasedCallers(erasing.lake, ["prod"], ARCHIVING) } } });
  await runOnce(ledger);
  await close(ledger, "2026-10", { by: "finance@example.com", now: new Date("2026-11-02T00:00:00Z") });
  const named = await namesAlice(erasing);
  expect(named.every((key) => key.endsWith("settings.json"))).toBe(true);
  for (const key of named) expect(Buffer.from(await erasing.lake.read(key)).toString("utf8")).not.toContain(PSEUDONYM);
  const teams = await query(`SELECT DISTINCT team FROM read_parquet('${erasing.place}/allocations/*/*.parquet') WHERE caller = '${PSEUDONYM}'`);
  expect(teams).toEqual([{ team: "web" }]);
  expect((await eventsOf(erasing.lake)).length).toBeGreaterThan(0);
});
