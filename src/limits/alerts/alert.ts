/** An alert, sent once. Plain data without any prompt text. */
export interface Alert {
  kind: "budget" | "anomaly";
  /** Name of the limit, or the subject of the anomaly: `team payments`. */
  limit: string;
  /** Period of the limit: `2026-10`, `2026-10-05`, `2026-W41`, `2026-Q4`, `2026`. */
  period: string;
  /** `50`, `80`, `100` (per cent), `forecast`, `anomaly`. */
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
