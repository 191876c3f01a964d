import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { archiveOf, digestOf, exportOf, FIRST, found, tampered, verify } from "./verifying.ts";

const DAY_3 = "2026-09-03";

describe("what is declared in the chain is no finding", () => {
  const common = { format: 1 as const, instance: "prod", by: "ann@example.com" };
  const contentOf = (bytes: Uint8Array): { size: number; sha256: string } => ({ size: bytes.byteLength, sha256: sha256Hex(bytes) });

  async function purged(): Promise<{ root: string; sealed: SealedArchive; event: string }> {
    const { root, sealed } = await archiveOf(3);
    const objects = await Promise.all([FIRST, DAY_3].map(async (date) => ({ key: exportOf(date), ...contentOf(await new FsStore(root).read(exportOf(date))) })));
    const event = await sealed.addEvent({ ...common, kind: "purge", id: "p1", at: "2026-09-04T04:00:00.000Z", rule: "records 7 years", head: null, objects });
    return { root, sealed, event };
  }

  async function reduced(): Promise<{ root: string; sealed: SealedArchive; after: Buffer }> {
    const { root, sealed } = await archiveOf(3);
    const after = Buffer.from("without bodies");
    const before = contentOf(await new FsStore(root).read(exportOf(DAY_3)));
    const objects = [{ key: exportOf(DAY_3), before, after: contentOf(after), records_removed: 0, bodies_removed: 4 }];
    await sealed.addEvent({ ...common, kind: "reduction", id: "r1", at: "2026-09-04T04:00:00.000Z", rule: "bodies 90 days", head: null, objects });
    return { root, sealed, after };
  }

  test("objects that were purged, while they are still there and once they are gone", async () => {
    const { root, sealed } = await purged();
    expect(await verify(root, sealed)).toMatchObject({ findings: [], notes: [{ key: exportOf(FIRST) }, { key: exportOf(DAY_3) }], gateways: [{ waiting: { events: 1 } }] });
    const at = tampered(root);
    for (const date of [FIRST, DAY_3]) at.remove(exportOf(date));
    expect(await verify(at.root, sealed)).toMatchObject({ findings: [], notes: [], gateways: [{ exports: { listed: 6, purged: 2 } }] });
  });

  /** Reduced twice, then purged; the times are those of three machines. */
  async function reducedTwice([one, two, three]: readonly [string, string, string]): Promise<{ root: string; sealed: SealedArchive }> {
    const { root, sealed } = await archiveOf(3);
    const [first, then] = [Buffer.from("without a caller"), Buffer.from("without bodies")];
    const arrived = contentOf(await new FsStore(root).read(exportOf(DAY_3)));
    const change = { key: exportOf(DAY_3), records_removed: 0, bodies_removed: 1 };
    const reduction = { ...common, kind: "reduction" as const, rule: "-", head: null };
    await sealed.addEvent({ ...reduction, id: "z", at: one, objects: [{ ...change, before: arrived, after: contentOf(first) }] });
    await sealed.addEvent({ ...reduction, id: "a", at: two, objects: [{ ...change, before: contentOf(first), after: contentOf(then) }] });
    await sealed.put(exportOf(DAY_3), then, null);
    await sealed.seal("2026-09-04", ["prod"]);
    await sealed.addEvent({ ...common, kind: "purge", id: "b", at: three, rule: "-", head: null, objects: [{ key: exportOf(DAY_3), ...contentOf(then) }] });
    return { root, sealed };
  }

  test.each([
    ["of one moment", ["2026-09-04T04:00:00.000Z", "2026-09-04T04:00:00.000Z", "2026-09-04T04:00:00.000Z"]],
    ["of machines whose clocks differ", ["2026-09-04T04:00:00.000Z", "2026-09-04T03:00:00.000Z", "2026-09-04T02:00:00.000Z"]],
  ] as const)("what was made of a copy that had been made before, by events %s", async (_, times) => {
    const { root, sealed } = await reducedTwice(times);
    expect(await verify(root, sealed)).toMatchObject({ findings: [], notes: [{ key: exportOf(DAY_3) }] });
    const at = tampered(root);
    at.remove(exportOf(DAY_3));
    expect(await verify(at.root, sealed)).toMatchObject({ findings: [], notes: [], gateways: [{ exports: { listed: 6, purged: 1 } }] });
  });

  test("but a tombstone that was removed is, once, with how many objects are gone", async () => {
    const { root, sealed, event } = await purged();
    await sealed.seal("2026-09-04", ["prod"]);
    const at = tampered(root);
    for (const date of [FIRST, DAY_3]) at.remove(exportOf(date));
    at.remove(event);
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`event_missing ${event}`]);
    expect(verified.findings[0]?.unaccounted).toEqual({ count: 2, unsigned: 0, keys: [exportOf(FIRST), exportOf(DAY_3)] });
  });

  test("events that no digest lists yet, whatever they are about", async () => {
    const { root, sealed } = await reduced();
    const selection = { instance: null, caller: "bob@example.com", session: null, from: null, to: null };
    await sealed.addEvent({ ...common, kind: "hold", id: "h1", at: "2026-09-04T05:00:00.000Z", hold: "h1", selection, reason: "case 7" });
    expect(await verify(root, sealed)).toMatchObject({ findings: [], notes: [{ key: exportOf(DAY_3) }], gateways: [{ waiting: { events: 2 } }] });
  });

  test("and so is a tombstone that nobody signed, or a stranger", async () => {
    const { root, sealed } = await archiveOf(3);
    const stranger = new SealedArchive(sealed.put);
    const content = contentOf(await new FsStore(root).read(exportOf(FIRST)));
    const event = await stranger.addEvent({ ...common, kind: "purge", id: "p1", at: "2026-09-04T04:00:00.000Z", rule: "-", head: null, objects: [{ key: exportOf(FIRST), ...content }] });
    const at = tampered(root);
    at.remove(exportOf(FIRST));
    expect(found(await verify(at.root, sealed))).toEqual([`deleted ${exportOf(FIRST)}`, `added ${event}`]);
  });

  test("copies that were reduced; what they were before is found once the next digest has the event", async () => {
    const { root, sealed, after } = await reduced();
    expect(await verify(root, sealed)).toMatchObject({ findings: [], notes: [{ key: exportOf(DAY_3) }] });
    await sealed.seal("2026-09-04", ["prod"]);
    expect(found(await verify(root, sealed))).toEqual([`replaced_by_older ${exportOf(DAY_3)}`]);
    const at = tampered(root);
    at.write(exportOf(DAY_3), after);
    expect(await verify(at.root, sealed)).toMatchObject({ findings: [], notes: [] });
  });

  test("a reduced copy whose digest was removed is unaccounted for, and no finding of its own", async () => {
    const { root, sealed, after } = await reduced();
    await sealed.seal("2026-09-04", ["prod"]);
    const at = tampered(root);
    at.write(exportOf(DAY_3), after);
    at.remove(digestOf(DAY_3));
    const verified = await verify(at.root, sealed);
    expect(found(verified)).toEqual([`digest_missing ${digestOf(DAY_3)}`]);
    expect(verified.findings[0]?.unaccounted).toMatchObject({ count: 2, unsigned: 0 });
  });

  test("an event that was altered, or replaced by another one, is a finding", async () => {
    const { root, sealed } = await archiveOf(3);
    const hold = { ...common, kind: "hold" as const, selection: { instance: null, caller: "bob@example.com", session: null, from: null, to: null }, reason: "case 12" };
    const one = await sealed.addEvent({ ...hold, id: "h1", hold: "h1", at: "2026-09-04T04:00:00.000Z" });
    const other = await sealed.addEvent({ ...hold, id: "h2", hold: "h2", at: "2026-09-04T05:00:00.000Z" });
    await sealed.seal("2026-09-04", ["prod"]);
    const at = tampered(root);
    at.write(one, Buffer.from(at.read(one).toString().replace("case 12", "case 13")));
    expect(found(await verify(at.root, sealed))).toEqual([`event_altered ${one}`]);
    at.copy(other, one);
    expect(found(await verify(at.root, sealed))).toEqual([`replaced_by_older ${one}`]);
  });

  test("a key that was rotated, for an auditor with the old key and for one with the new", async () => {
    const { root, sealed } = await archiveOf(3);
    const [from, next] = [sealed.key, newKey()];
    const unvouched = { ...common, kind: "rotation" as const, id: "k1", at: "2026-09-04T04:00:00.000Z", from: from.publicKey, to: next.publicKey };
    const rotation: ArchiveEvent = { ...unvouched, vouched: await next.sign(unvouched) };
    await sealed.addEvent(rotation);
    sealed.key = next;
    await sealed.addDays("2026-09-04", 3, ["prod"], 1);
    for (const { publicKey } of [from, next]) {
      const verified = await verify(root, sealed, { publicKey });
      expect(found(verified)).toEqual([]);
      expect(verified.trustedKeys).toEqual([from.publicKey, next.publicKey].sort());
    }
  });

  test("but a rotation that only the old key or only the new one signed leads nowhere", async () => {
    const { root, sealed } = await archiveOf(3);
    const [from, next] = [sealed.key, newKey()];
    const unvouched = { ...common, kind: "rotation" as const, id: "k1", at: "2026-09-04T04:00:00.000Z", from: from.publicKey, to: next.publicKey };
    const halves = [await signHeader({ ...unvouched, vouched: await from.sign(unvouched) }, from), await signHeader({ ...unvouched, vouched: await next.sign(unvouched) }, next)];
    for (const half of halves) {
      const at = tampered(root);
      at.write(archiveLayout.event("prod", unvouched), Buffer.from(JSON.stringify(half)));
      expect((await verify(at.root, sealed)).trustedKeys).toEqual([from.publicKey]);
    }
  });
});
