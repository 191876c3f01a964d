import pMap from "p-map";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import { findStaleMonths } from "../allocation/allocate-months.ts";
import { countNewer } from "../aperture/reader/schema-version.ts";
import { type ChainStatus, readChainStatus } from "../archive/sealing/chain-status.ts";
import { assumedToJson } from "../chargeback/sections/quality/assumed-subscriptions.ts";
import { findCompleteness, type GatewayCompleteness } from "../completeness/gateway-completeness.ts";
import type { Condition } from "../health/conditions/condition.ts";
import { adviceOf } from "../health/conditions/health-words.ts";
import { readHealth } from "../health/read-health.ts";
import { type AlteredCopy, compareCopies } from "../ingest/copying/compare-copies.ts";
import { findRepeatedExports, type RepeatedExports } from "../ingest/copying/repeated-exports.ts";
import { type ExportTask, pullExports, type UnlistablePlace } from "../ingest/pull-exports.ts";
import { addAssumedBilling } from "../lake/days/assumed-billing.ts";
import { isDayFresh, listDays } from "../lake/days/stale.ts";
import { readDerived, type Unreadable } from "../lake/json-object.ts";
import { type ExportManifest, exportManifest } from "../lake/landing/export-manifest.ts";
import { type LedgerNotes, noteLedger } from "../lake/ledger-notes.ts";
import { type KnownExport, type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { type LedgerTotals, sumLedger } from "../lake/ledger-totals.ts";
import { type DeliveryRecord, loadUndelivered } from "../lake/records/delivery-record.ts";
import type { Ledger } from "../open/ledger.ts";

export interface LedgerStatus {
  lake: string;
  /** `waiting`: at a source and not ingested; `stale`: ingested, and to be ingested again. */
  exports: {
    ingested: number;
    waiting: number;
    stale: number;
    stale_because: Record<string, number>;
    /** Names of those whose copy is neither in the archive nor at a source. */
    without_copy: string[];
    /** Copies in the archive that are not what was archived. */
    altered_copies: AlteredCopy[];
    /** Number of copies with a different ETag that were not read, because the limit was reached: the next run continues. */
    copies_not_compared: number;
  };
  /** Number of tables, landing and quarantine files with unchanged bytes but different ETags: the next run notes the new ETags. */
  restored: number;
  records: LedgerTotals["records"] & { newer: number };
  /** Requests that share an identifier with another request of their day. */
  identifiers_used_again: number;
  days: { first: string | null; last: string | null; fresh: number; stale: string[] };
  /** Months of the built days, by their allocations. */
  months: { fresh: number; stale: string[]; closed: string[] };
  totals: LedgerTotals["totals"];
  notes: LedgerNotes;
  /** What cannot be listed at sources and in the archive. */
  unlistable: UnlistablePlace[];
  /** Derived objects that cannot be read: the next run derives them again. */
  unreadable: Unreadable[];
  /** Requests that were assumed to be subscription use, because nothing says who paid for them. */
  assumed_billing: ReturnType<typeof assumedToJson>;
  /** The state of the archive's digest chains. */
  archive: ChainStatus[];
  /** Which records of each gateway arrived, and which are missing. */
  completeness: { gateways: GatewayCompleteness[] };
  /** Pairs of gateways whose newest exports are identical. */
  repeated_exports: RepeatedExports[];
  /** Reports of the newest months that did not reach a target; absent where there are none. */
  undelivered?: DeliveryRecord[];
  /** The conditions of the ledger itself, and of the data that it gets. */
  health: (Omit<Condition, "since" | "remedy"> & { since: string; remedy: string })[];
  quarantined: { instance: string; export: string; reasons: Record<string, number>; file: string }[];
  damaged: { instance: string; export: string; code: string; message: string; readable_records: number }[];
}

/** Limit of bytes to read of copies with a different ETag, to find out whether they were altered. */
const MOST_BYTES = 2 ** 30;

/** The state of the ledger, and what the next run would do. Writes nothing. @param known the state of the lake, where the caller has read it. */
export async function readLedgerStatus(ledger: Ledger, known?: LedgerState): Promise<LedgerStatus> {
  const state = known ?? (await loadLedgerState(ledger.stores.lake));
  const { tasks, withoutCopy, archived, unlistable } = await pullExports(ledger, state);
  const { altered, notCompared } = await compareCopies(ledger.stores.archive, ledger.work.archiving, state.exports.values(), archived, MOST_BYTES);
  const days = listDays(state);
  const stale = days.filter((day) => !isDayFresh(day, state.etags, ledger.money.pricingOf));
  const exports = [...state.exports.values()];
  const troubled = await readTroubled(ledger, exports);
  const built = days.flatMap((day) => day.built ?? []);
  const months = await findStaleMonths(ledger, built);
  const { records, identifiersUsedAgain, totals } = sumLedger(exports, built);
  const undelivered = await loadUndelivered(ledger.stores.lake);
  const gateways = ledger.stores.sources.map(({ instance }) => instance);
  const conditions = await readHealth(ledger.stores.lake, { gateways, exports, waiting: tasks, days: built }, ledger.rules.health, ledger.work.clock());
  return {
    lake: ledger.stores.lake.url,
    exports: {
      ingested: exports.length,
      waiting: tasks.filter(({ from }) => from === "source").length,
      stale: tasks.filter(({ from }) => from === "archive").length,
      stale_because: countReasons(tasks),
      without_copy: withoutCopy.map(({ instance, name }) => `${instance} ${name}`),
      altered_copies: altered,
      copies_not_compared: notCompared,
    },
    restored: state.restored.size,
    records: { ...records, newer: countNewer(exports.map(({ versions }) => versions)) },
    identifiers_used_again: identifiersUsedAgain,
    days: {
      first: days.at(0)?.date ?? null,
      last: days.at(-1)?.date ?? null,
      fresh: days.length - stale.length,
      stale: stale.map(({ date, instance }) => `${date} ${instance}`),
    },
    months: { fresh: months.fresh.length, stale: [...months.stale.map(({ name }) => name), ...months.gone], closed: [...months.state.closed].sort() },
    totals,
    notes: noteLedger(exports, built),
    unlistable,
    unreadable: [...state.unreadable, ...months.state.unreadable],
    assumed_billing: assumedToJson(addAssumedBilling(built)),
    archive: await readChainStatus(ledger.stores.archive, archived.values(), ledger.work.archiving.signingKey?.publicKey),
    completeness: { gateways: completenessOf(exports) },
    repeated_exports: await findRepeatedExports(ledger.stores.lake, exports),
    ...(undelivered.length === 0 ? {} : { undelivered }),
    health: conditions.map((condition) => ({ ...condition, since: condition.since.toISOString(), remedy: adviceOf(condition) })),
    quarantined: troubled.flatMap(({ instance, name, quarantine }) =>
      quarantine === null ? [] : [{ instance, export: name, reasons: quarantine.reasons, file: quarantine.key }],
    ),
    damaged: troubled.flatMap(({ instance, name, damage, records: { accepted } }) =>
      damage === null
        ? []
        : [{ instance, export: name, code: damage.code, message: damage.message, readable_records: accepted }],
    ),
  };
}

function completenessOf(exports: readonly KnownExport[]): GatewayCompleteness[] {
  return [...Map.groupBy(exports, ({ instance }) => instance)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([instance, of]) => findCompleteness(instance, of.map(({ name, time, record_ids: ids }) => ({ name, time, ids }))));
}

function countReasons(tasks: readonly ExportTask[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const task of tasks) if (task.from === "archive") counts[task.reason] = (counts[task.reason] ?? 0) + 1;
  return counts;
}

async function readTroubled({ stores: { lake } }: Ledger, exports: readonly KnownExport[]): Promise<ExportManifest[]> {
  const troubled = exports.filter((known) => known.damaged || known.records.quarantined > 0);
  const read = await pMap(troubled, ({ manifest }) => readDerived(lake, manifest.key, exportManifest), { concurrency: READS_AT_ONCE });
  return read.filter((manifest) => manifest !== undefined);
}
