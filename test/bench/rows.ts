import { type Spread, spreadOf } from "./measure.ts";

export type Unit = "s" | "ms" | "MiB" | "MB/s" | "records/s";

/** A bound that a figure has to keep to. `goal`: what is hoped for beyond it. */
export interface Target {
  on: "ours" | "ratio";
  is: "at least" | "at most" | "under";
  value: number;
  goal?: number;
}

/** One line of the table: what was measured, in rounds. */
export interface Row {
  what: string;
  unit: Unit;
  /** One a round. */
  ours: readonly number[];
  /** A ceiling is judged by the highest value, everything else by the median. */
  judgedBy?: "highest";
  /** What it is compared with; `values` are missing where the tool is. */
  peer?: { name: string; values: readonly number[] | undefined };
  /** `means`: what is how many times what. */
  ratio?: { means: string; values: readonly number[] };
  target?: Target;
}

export interface JudgedRow {
  what: string;
  unit: Unit;
  ours: Spread;
  peer: { name: string; measured: Spread | null } | null;
  ratio: (Spread & { means: string }) | null;
  target: Target | null;
  /** Null where there is no target, or no peer to hold it against, or the inputs are scaled down. */
  met: boolean | null;
  goalMet: boolean | null;
}

export function judge(row: Row, scaledDown: boolean): JudgedRow {
  const { what, unit, peer, target } = row;
  const ours = spreadOf(row.ours);
  const ratio = row.ratio === undefined || row.ratio.values.length === 0 ? null : { means: row.ratio.means, ...spreadOf(row.ratio.values) };
  const measured = target?.on === "ratio" ? ratio?.median : row.judgedBy === "highest" ? ours.max : ours.median;
  const isMet = (bound: number | undefined): boolean | null =>
    target === undefined || bound === undefined || measured === undefined || scaledDown ? null : isWithin(target.is, measured, bound);
  return {
    what,
    unit,
    ours,
    peer: peer === undefined ? null : { name: peer.name, measured: peer.values === undefined ? null : spreadOf(peer.values) },
    ratio,
    target: target ?? null,
    met: isMet(target?.value),
    goalMet: isMet(target?.goal),
  };
}

function isWithin(is: Target["is"], value: number, bound: number): boolean {
  switch (is) {
    case "at least":
      return value >= bound;
    case "at most":
      return value <= bound;
    case "under":
      return value < bound;
    default:
      return is satisfies never;
  }
}
