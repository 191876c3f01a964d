import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { type Finding, finding } from "../verifier/finding.ts";
import type { GatewayView } from "../verifier/verify-gateway.ts";
import { listerOf } from "../chain/expected-exports.ts";
import { type ExportManifest, exportManifest } from "../../lake/landing/export-manifest.ts";
import { readDerived } from "../../lake/json-object.ts";
import { archiveLayout, EXPORT_MANIFESTS } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

export interface CheckedManifests {
  findings: Finding[];
  exports: number;
  /** Number of unreadable manifests: each is a finding. */
  unreadable: number;
  /** Landed rows by day and gateway: `2026-10-01 prod`. */
  landed: Map<string, LandedRows[]>;
  /** Keys of the copies whose manifest is lost. That is a finding; their days get no finding of their own. */
  lost: Set<string>;
}

/** The rows of a day that an export brought. */
export interface LandedRows {
  /** Key of the export's manifest. */
  manifest: string;
  rows: number;
  /** Whether no digest lists the export's records yet: its days may not be built yet. */
  waiting: boolean;
}

type Counts = Pick<ExportManifest["records"], "read" | "accepted" | "quarantined">;

/** Checks the manifests of ingested exports: whether each is consistent, and matches the record counts in the digests. */
export async function checkManifests(lake: ObjectStore, views: readonly GatewayView[], { archive, instance }: { archive: ObjectStore; instance: string | undefined }): Promise<CheckedManifests> {
  const expected = new Map(views.flatMap((view) => [...view.expected].map(([key, one]) => [key, { instance: view.chain.instance, one }] as const)));
  const checked: CheckedManifests = { findings: [], exports: 0, unreadable: 0, landed: new Map(), lost: new Set() };
  const ingested = new Set<string>();
  const tombstones = new Set(views.flatMap(({ events: { events } }) => events.flatMap(({ event }) => (event.kind === "purge" ? event.objects.map(({ key }) => key) : []))));
  const check = async (key: string): Promise<void> => {
    const manifest = await readManifest(lake, key);
    if (!("records" in manifest)) {
      checked.unreadable++;
      checked.findings.push(manifest);
      return;
    }
    checked.exports++;
    const { archive: copy, landing, records } = manifest;
    ingested.add(copy.key);
    const known = expected.get(copy.key)?.one;
    const listed = known?.listed.records ?? null;
    for (const { date, rows } of landing) {
      const day = `${date} ${manifest.instance}`;
      checked.landed.set(day, [...(checked.landed.get(day) ?? []), { manifest: key, rows, waiting: listed === null }]);
    }
    const differ = (what: string, wanted: string, found: string): void =>
      void checked.findings.push(finding("rows_differ", { instance: manifest.instance, key, what, expected: wanted, found }));
    const rows = landing.reduce((sum, file) => sum + file.rows, 0);
    if (rows !== records.accepted) differ("did not land as many rows as it accepted records", String(records.accepted), String(rows));
    if (records.accepted + records.quarantined !== records.read) differ("does not account for all records", `${String(records.read)} read`, formatCounts(records));
    if (known === undefined) {
      const isGone = manifest.purged === null && !tombstones.has(copy.key) && (await isLost(archive, copy.key));
      if (isGone) checked.findings.push(finding("deleted", { instance: manifest.instance, key: copy.key, what: "is missing, although the lake has data derived from it", expected: copy.sha256 }));
      return;
    }
    if (listed !== null && formatCounts(listed) !== formatCounts(records)) differ(`does not have the record counts that ${listerOf(known)} lists; a newer version may have read it again`, formatCounts(listed), formatCounts(records));
    const copies = [...known.before, ...(known.now === null ? [] : [known.now])].map(({ sha256 }) => sha256);
    if (!copies.includes(copy.sha256)) differ("was derived from bytes that are not in the archive", copies.at(-1) ?? "", copy.sha256);
  };
  await pMap(listKeys(lake, instance), check, { concurrency: READS_AT_ONCE });
  for (const [key, { instance: of, one }] of expected) {
    const { records } = one.listed;
    if (ingested.has(key) || records === null) continue;
    checked.lost.add(key);
    checked.findings.push(finding("rows_differ", { instance: of, key, what: "is an export whose manifest is missing from the lake", expected: formatCounts(records) }));
  }
  return checked;
}

/** Whether copy and receipt are both missing. If only the copy is, the check of its receipt reports it. */
async function isLost(archive: ObjectStore, key: string): Promise<boolean> {
  return (await archive.head(key)) === undefined && (await archive.head(archiveLayout.receipt(key))) === undefined;
}

async function* listKeys(lake: ObjectStore, instance: string | undefined): AsyncGenerator<string> {
  for await (const { key } of lake.list(instance === undefined ? EXPORT_MANIFESTS : `${EXPORT_MANIFESTS}${instance}/`)) yield key;
}

async function readManifest(lake: ObjectStore, key: string): Promise<ExportManifest | Finding> {
  return (await readDerived(lake, key, exportManifest)) ?? finding("rows_differ", { instance: null, key, what: "is no longer a manifest" });
}

function formatCounts({ read, accepted, quarantined }: Counts): string {
  return `${String(accepted)} accepted and ${String(quarantined)} quarantined of ${String(read)}`;
}
