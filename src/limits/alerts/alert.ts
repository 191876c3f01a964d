import type { AlertKind } from "../../ledger/alert-kinds.ts";

/** An alert, sent once. Plain data without any prompt text. */
export interface Alert {
  kind: AlertKind;
  /** Name of the limit, the subject of the anomaly (`team payments`), or the kind and subject of a condition (`damaged prod`). */
  limit: string;
  /** Period of the limit: `2026-10`, `2026-10-05`, `2026-W41`, `2026-Q4`, `2026`; for a condition, the time at which it began. */
  period: string;
  /** `50`, `80`, `100` (per cent), `forecast`, `anomaly`, `raised`, `cleared`; for live estimates `live-80` and `withdrawn-80`. */
  threshold: string;
  /** One line: who, what, how much. */
  title: string;
  /** Details: spend, period, forecast, main causes, where to look. */
  lines: readonly string[];
  /** Names of its targets. */
  targets: readonly string[];
  /** Figures for machines: money as text of dollars with nine decimals. */
  figures: Readonly<Record<string, string | number | null>>;
}
