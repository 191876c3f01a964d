import { createHash } from "node:crypto";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { DayManifest } from "../days/day-manifest.ts";
import { jsonBytes } from "../json-object.ts";
import type { WrittenTable } from "../landing/export-manifest.ts";
import { layout, SNAPSHOTS } from "../layout.ts";
import type { AllocationManifest } from "./allocation-manifest.ts";

interface SnapshotFile extends WrittenTable {
  table: "usage" | "rollups" | "allocations";
  /** The UTC date of a file of `usage` and `rollups`. */
  date?: string;
}

/** The files of one version of a month, for readers of the lake that need all of it consistent. Nothing in the ledger reads it. */
interface Snapshot {
  format: 1;
  month: string;
  /** By table, then in order of date and gateway. */
  files: SnapshotFile[];
}

/** A snapshot is named after its content, so that a listing shows which ones are missing. */
interface NamedSnapshot {
  key: string;
  bytes: Buffer;
}

function nameSnapshot({ month, allocations }: AllocationManifest, days: readonly DayManifest[]): NamedSnapshot {
  const inOrder = days.toSorted((a, b) => (a.date === b.date ? (a.instance < b.instance ? -1 : 1) : a.date < b.date ? -1 : 1));
  const files: SnapshotFile[] = [
    ...inOrder.map(({ date, usage }) => ({ table: "usage" as const, date, ...usage })),
    ...inOrder.map(({ date, rollups }) => ({ table: "rollups" as const, date, ...rollups })),
    { table: "allocations", ...allocations },
  ];
  const snapshot: Snapshot = { format: 1, month, files };
  const bytes = jsonBytes(snapshot);
  return { key: layout.snapshot(month, createHash("sha256").update(bytes).digest("hex").slice(0, 32)), bytes };
}

interface SnapshotMonth {
  manifest: AllocationManifest;
  days: readonly DayManifest[];
}

/**
 * Writes the snapshots of months that are built and have days, unless they are there, and then removes all other
 * snapshots, whose files have been replaced.
 * @param month only this month; by default all months
 */
export async function keepSnapshots(lake: Pick<ObjectStore, "list" | "replace" | "remove">, months: readonly SnapshotMonth[], month?: string): Promise<void> {
  const wanted = new Map(months.filter(({ days }) => days.length > 0).map(({ manifest, days }) => nameSnapshot(manifest, days)).map(({ key, bytes }) => [key, bytes]));
  const there = new Set<string>();
  for await (const { key } of lake.list(month === undefined ? SNAPSHOTS : `${SNAPSHOTS}${month}/`)) there.add(key);
  for (const [key, bytes] of wanted) if (!there.has(key)) await lake.replace(key, bytes);
  for (const key of there) if (!wanted.has(key)) await lake.remove(key);
}
