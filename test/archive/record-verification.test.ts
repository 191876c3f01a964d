import { expect, test } from "vitest";
import { findRecordedVerification } from "../../src/archive/find-recorded-verification.ts";
import { recordVerification } from "../../src/archive/record-verification.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { EventOf } from "../../src/archive/chain/event.ts";
import { archiveLayout, isPlaceOf } from "../../src/lake/layout.ts";
import { describeOverview } from "../../src/cli/commands/describe-overview.ts";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { keepLastVerification } from "../../src/lake/records/last-verification.ts";
import { findLastVerification } from "../../src/run/last-verification.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keysOf } from "../keys-of.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { newKey, signNow, type TestKey } from "./sign-now.ts";
import { archiveOf, exportOf, FIRST, tampered, verify } from "./verifying.ts";

const BY = { by: "ann@example.com", version: "1.2.3", host: "audit-1", whole: true };

function at(time: string, root: string, key: TestKey | undefined): Parameters<typeof recordVerification>[0] {
  return { stores: { archive: new FsStore(root) }, work: { archiving: { ...PLAIN_ARCHIVE, signingKey: key }, clock: () => new Date(time) } };
}

function forged(instance: string, time: string, findings: number): EventOf<"verified"> {
  return { format: 1, kind: "verified", id: "z", instance, at: time, by: "mallory", known: "command", head: "0", exports: 9, findings, whole: true, version: "9", host: "h" };
}

test("a verification is recorded in each chain, whatever it found, and later ones accept and show it", async () => {
  const { root, sealed } = await archiveOf(2, ["eu", "us"]);
  const at1 = tampered(root);
  at1.flip(exportOf(FIRST, "export-0", "eu"));
  const failed = await verify(at1.root, sealed);
  expect(failed.findings).toHaveLength(1);
  expect(failed.gateways.map(({ last_verified: before }) => before)).toEqual([null, null]);

  const ledger = at("2026-09-03T07:00:00.000Z", at1.root, sealed.key);
  expect(await recordVerification(ledger, failed, BY, () => "id-1")).toEqual(["eu", "us"]);
  const recorded = { at: "2026-09-03T07:00:00.000Z", by: "ann@example.com", whole: true, findings: 1 };
  const again = await verify(at1.root, sealed);
  expect(again.findings).toEqual(failed.findings);
  expect(again.notes).toEqual(failed.notes);
  expect(again.gateways).toMatchObject([{ last_verified: recorded, waiting: { events: 1 } }, { last_verified: recorded, waiting: { events: 1 } }]);
  const event = await findRecordedVerification(new FsStore(at1.root), sealed.key.publicKey);
  expect(event).toMatchObject({ kind: "verified", id: "id-1", version: "1.2.3", host: "audit-1", exports: 8, findings: 1, known: "command" });
  expect(failed.gateways.map(({ head }) => head)).toContain(event?.head);
});

test("without the chain's key nothing is recorded", async () => {
  const { root, sealed } = await archiveOf(1);
  const verified = await verify(root, sealed);
  await expect(recordVerification(at("2026-09-02T07:00:00.000Z", root, newKey()), verified, BY, () => "1")).rejects.toMatchObject({ code: "key_unusable" });
  const archive = new FsStore(root);
  await expect(recordVerification(at("2026-09-02T07:00:00.000Z", root, undefined), verified, BY, () => "1")).rejects.toMatchObject({ code: "key_missing" });
  expect((await keysOf(archive, "archive/")).filter((key) => isPlaceOf("verified", key))).toEqual([]);
});

test("the newest verification that a trusted key signed is shown, or a newer note, and no forged one", async () => {
  const { root, sealed } = await archiveOf(1);
  const archive = new FsStore(root);
  const lake = new FsStore(temporaryFolder());
  const find = async (key: string | undefined = sealed.key.publicKey) => await findLastVerification(lake, archive, key);
  expect(await find()).toBeNull();
  await recordVerification(at("2026-09-02T07:00:00.000Z", root, sealed.key), await verify(root, sealed), BY, () => "1");
  await recordVerification(at("2026-09-03T07:00:00.000Z", root, sealed.key), await verify(root, sealed), { ...BY, whole: false }, () => "2");
  const later = forged("prod", "2026-09-04T07:00:00.000Z", 0);
  await archive.create(archiveLayout.event("prod", later), canonicalBytes(signNow(later, newKey())));
  await archive.create(archiveLayout.event("prod", { ...later, id: "junk" }), Buffer.from("{"));
  const found = { format: 1, checked_at: "2026-09-03T07:00:00.000Z", whole: false, exports: 2, findings: 0, recorded: { by: "ann@example.com", instance: "prod", version: "1.2.3", host: "audit-1" } };
  expect(await find()).toEqual(found);
  expect(await findLastVerification(lake, archive, undefined)).toBeNull();

  const note = { format: 1, whole: true, exports: 1, findings: 3 } as const;
  await keepLastVerification(lake, { ...note, checked_at: "2026-09-01T00:00:00.000Z" });
  expect(await find()).toEqual(found);
  await keepLastVerification(lake, { ...note, checked_at: "2026-09-05T00:00:00.000Z" });
  expect(await find()).toEqual({ ...note, checked_at: "2026-09-05T00:00:00.000Z", recorded: null });
});

test("status says who recorded it, and metrics show when it was and what it found, or nothing before the first", async () => {
  const known = { format: 1, checked_at: "2026-09-03T07:00:00.000Z", whole: true, exports: 2, findings: 4, recorded: { by: "ann@example.com", instance: "prod", version: "1.2.3", host: "audit-1" } } as const;
  const lines = describeOverview({ version: "1", at: new Date(0), newest: [], spending: { problem: "none" }, lastReport: null, lastVerification: known });
  expect(lines.at(-1)).toBe("verified     2026-09-03 07:00 UTC, the whole archive, 2 exports read: 4 findings; recorded in the chain, signed, by ann@example.com on audit-1");

  const metricsOf = async (found: typeof known | null): Promise<string[]> => {
    const metrics = new LedgerMetrics({ lake: new FsStore(temporaryFolder()), queues: [], findVerification: () => Promise.resolve(found), clock: () => new Date("2026-09-04T00:00:00Z") });
    return (await metrics.render()).split("\n").filter((line) => line.startsWith("aperture_ledger_archive_verif"));
  };
  expect(await metricsOf(known)).toEqual([`aperture_ledger_archive_verified_timestamp_seconds ${String(Date.parse(known.checked_at) / 1000)}`, "aperture_ledger_archive_verification_findings 4"]);
  expect(await metricsOf(null)).toEqual([]);
});
