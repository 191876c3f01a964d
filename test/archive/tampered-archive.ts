import { archiveLayout } from "../../src/lake/layout.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { Content } from "../../src/archive/copies/receipt.ts";
import { addDays, daysBetween } from "../../src/ledger/days.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { exportOf, Tampering } from "./verifying.ts";

const FIRST = "2026-09-01";
export const DAYS = daysBetween(FIRST, addDays(FIRST, 10));
export const [PURGED_ON, REDUCED_ON, LAST] = ["2026-09-02", "2026-09-03", "2026-09-10"];
export const CLOSES = [{ month: "2026-07", sha256: "a".repeat(64) }, { month: "2026-08", sha256: "b".repeat(64) }];

/** A small archive with one of everything that there is to tamper with. */
export interface SmallArchive {
  root: string;
  sealed: SealedArchive;
  /** Signed the digests of the first half. */
  oldKey: SealedArchive["key"];
  /** By what they are. */
  events: Record<"hold" | "release" | "purge" | "reduction" | "rotation" | "sealedCheckpoint" | "checkpoint" | "acceptance", string>;
  /** Listed by a checkpoint and by no digest yet. */
  pending: string;
  /** What was purged, and what the reduced one was before. */
  purged: Buffer;
  before: Buffer;
}

/** Ten days of two gateways. */
export async function smallArchive(): Promise<SmallArchive> {
  const root = temporaryFolder();
  const sealed = new SealedArchive(intoFolder(root));
  const here = new Tampering(root);
  const oldKey = sealed.key;
  const events: Partial<SmallArchive["events"]> = {};
  const at = (date: string, time = "04:00"): { format: 1; instance: string; by: string; at: string } => ({ format: 1, instance: "prod", by: "ann@example.com", at: `${date}T${time}:00.000Z` });
  const content = (bytes: Buffer): Content => ({ size: bytes.byteLength, sha256: sha256Hex(bytes) });
  const listed = (key: string): Content & { key: string; receipt: string } => ({ key, ...content(here.read(key)), receipt: sha256Hex(here.read(archiveLayout.receipt(key))) });
  const selection = { instance: null, caller: "bob@example.com", session: null, from: null, to: null };
  const purged = Buffer.from(`what prod exported as export-0 on ${PURGED_ON}`);
  const before = Buffer.from(`what prod exported as export-0 on ${REDUCED_ON}`);
  for (const date of DAYS) {
    for (const instance of ["dev", "prod"]) for (const name of ["export-0", "export-1"]) await sealed.addExport(instance, date, name);
    switch (date) {
      case "2026-09-02":
        events.hold = await sealed.addEvent({ ...at(date), kind: "hold", id: "h", hold: "h", selection, reason: "case 12" });
        break;
      case "2026-09-04":
        events.release = await sealed.addEvent({ ...at(date), kind: "release", id: "h", hold: "h", reason: "settled" });
        events.purge = await sealed.addEvent({ ...at(date, "05:00"), kind: "purge", id: "p", rule: "records 1 day", head: null, objects: [{ key: exportOf(PURGED_ON), ...content(purged) }] });
        here.remove(exportOf(PURGED_ON));
        break;
      case "2026-09-05": {
        const after = Buffer.from("without bodies");
        events.reduction = await sealed.addEvent({ ...at(date), kind: "reduction", id: "r", rule: "bodies 1 day", head: null, objects: [{ key: exportOf(REDUCED_ON), before: content(before), after: content(after), records_removed: 0, bodies_removed: 1 }] });
        here.write(exportOf(REDUCED_ON), after);
        const next = newKey();
        const rotation = { ...at(date, "06:00"), kind: "rotation" as const, id: "k", from: sealed.key.publicKey, to: next.publicKey };
        events.rotation = await sealed.addEvent({ ...rotation, vouched: await next.sign(rotation) });
        sealed.key = next;
        break;
      }
      case "2026-09-07":
        events.sealedCheckpoint = await sealed.addEvent({ ...at(date, "12:00"), kind: "checkpoint", id: "c1", head: null, exports: [listed(exportOf(date))], events: [] });
        events.acceptance = await sealed.addEvent({ ...at(date, "13:00"), kind: "acceptance", id: "a", reason: "from tape", objects: [{ key: exportOf(date), sha256: "c".repeat(64) }] });
        break;
    }
    await sealed.seal(date, ["dev", "prod"], CLOSES);
  }
  const pending = await sealed.addExport("prod", addDays(LAST, 1), "pending", { receivedAt: `${LAST}T23:30:00.000Z` });
  events.checkpoint = await sealed.addEvent({ ...at(LAST, "23:40"), kind: "checkpoint", id: "c2", head: null, exports: [listed(pending)], events: [] });
  const { hold = "", release = "", purge = "", reduction = "", rotation = "", sealedCheckpoint = "", checkpoint = "", acceptance = "" } = events;
  return { root, sealed, oldKey, events: { hold, release, purge, reduction, rotation, sealedCheckpoint, checkpoint, acceptance }, pending, purged, before };
}
