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
  /** How many of the manifests cannot be read: each is a finding. */
  unreadable: number;
  /** What was landed, by day and gateway: `2026-10-01 prod`. */
  landed: Map<string, LandedRows[]>;
  /** Keys of the copies whose manifest is lost, which is a finding: their days are none besides. */
  lost: Set<string>;
}

/** What an export brought of a day. */
export interface LandedRows {
  /** Key of the export's manifest. */
  manifest: string;
  rows: number;
  /** Whether no digest says yet what the export brought: its days may be built or not. */
  waiting: boolean;
}

type Counts = Pick<ExportManifest["records"], "read" | "accepted" | "quarantined">;

/** Compares the manifests of ingested exports with themselves and with what the digests say of the records. */
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
    if (rows !== records.accepted) differ("landed another number of rows than it accepted records", String(records.accepted), String(rows));
    if (records.accepted + records.quarantined !== records.read) differ("does not account for all records", `${String(records.read)} read`, show(records));
    if (known === undefined) {
      const isGone = manifest.purged === null && !tombstones.has(copy.key) && (await isLost(archive, copy.key));
      if (isGone) checked.findings.push(finding("deleted", { instance: manifest.instance, key: copy.key, what: "is not there, and the lake has what came of it", expected: copy.sha256 }));
      return;
    }
    if (listed !== null && show(listed) !== show(records)) differ(`has other records than ${listerOf(known)} says; a newer version may have read it again`, show(listed), show(records));
    const copies = [...known.before, ...(known.now === null ? [] : [known.now])].map(({ sha256 }) => sha256);
    if (!copies.includes(copy.sha256)) differ("was derived from other bytes than the archive holds", copies.at(-1) ?? "", copy.sha256);
  };
  await pMap(listKeys(lake, instance), check, { concurrency: READS_AT_ONCE });
  for (const [key, { instance: of, one }] of expected) {
    const { records } = one.listed;
    if (ingested.has(key) || records === null) continue;
    checked.lost.add(key);
    checked.findings.push(finding("rows_differ", { instance: of, key, what: "is an export of which the lake has no manifest any more", expected: show(records) }));
  }
  return checked;
}

/** Of a copy that is gone and whose receipt is not, the receipt tells. */
async function isLost(archive: ObjectStore, key: string): Promise<boolean> {
  return (await archive.head(key)) === undefined && (await archive.head(archiveLayout.receipt(key))) === undefined;
}

async function* listKeys(lake: ObjectStore, instance: string | undefined): AsyncGenerator<string> {
  for await (const { key } of lake.list(instance === undefined ? EXPORT_MANIFESTS : `${EXPORT_MANIFESTS}${instance}/`)) yield key;
}

async function readManifest(lake: ObjectStore, key: string): Promise<ExportManifest | Finding> {
  return (await readDerived(lake, key, exportManifest)) ?? finding("rows_differ", { instance: null, key, what: "is no manifest any more" });
}

function show({ read, accepted, quarantined }: Counts): string {
  return `${String(accepted)} accepted and ${String(quarantined)} quarantined of ${String(read)}`;
}
