/** Something that somebody should know, once. Plain data, without anything out of prompts. */
export interface Alert {
  kind: "budget" | "anomaly";
  /** Name of the limit, or of what the anomaly is about: `team payments`. */
  limit: string;
  /** Of the limit: `2026-10`, `2026-10-05`, `2026-W41`, `2026-Q4`, `2026`. */
  period: string;
  /** `50`, `80`, `100` (per cent), `forecast`, `anomaly`. */
  threshold: string;
  /** One line: who, what, how much. */
  title: string;
  /** Lines: how much of what, until when, what is expected, what it was spent on, where to look. */
  lines: readonly string[];
  /** Names of the targets it goes to. */
  targets: readonly string[];
  /** Figures for machines: money as text of dollars with nine decimals. */
  figures: Readonly<Record<string, string | number | null>>;
}
