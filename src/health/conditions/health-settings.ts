import type { HealthKind } from "../../ledger/alert-kinds.ts";
import type { Nanodollars } from "../../ledger/money.ts";

export interface HealthSettings {
  /** Names of the targets of alerts; undefined where none are sent, and nothing is recorded. */
  notify: readonly string[] | undefined;
  /** Kinds that are not checked. */
  ignore: ReadonlySet<HealthKind>;
  /** The shortest time without an export that counts as silence. */
  silentMilliseconds: number;
  /** The exporter's `limit`; undefined where the ledger recognises it by exports of the same size. */
  exporterLimit: number | undefined;
  /** How many exports in a row make a backlog. */
  backlogExports: number;
  /** Share of requests without a capture, in per cent, above which it is reported. */
  noCapturePercent: number;
  /** Difference between a bucket and its replay above which it is reported. */
  quotaDrift: Nanodollars;
}
