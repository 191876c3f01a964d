import type { JudgedRow, Target, Unit } from "./rows.ts";

export interface BenchInput {
  what: string;
  records: number;
  /** On disk. */
  bytes: number;
  /** Before compression, where that is known. */
  cborBytes: number | null;
}

export interface MissingPeer {
  name: string;
  /** Why, and what to do about it. */
  how: string;
}

export interface BenchReport {
  machine: { node: string; processor: string; cores: number; memoryBytes: number };
  rounds: number;
  /** Whether the inputs were smaller than the issue's, so that no target is judged. */
  scaledDown: boolean;
  inputs: readonly BenchInput[];
  missingPeers: readonly MissingPeer[];
  notes: readonly string[];
  rows: readonly JudgedRow[];
}

const HEADINGS = ["what", "ours", "compared with", "", "ratio", "spread", "target", "met"];

/** The issue's table as measured, for people. */
export function renderReport(report: BenchReport): string {
  const { machine, rounds, scaledDown, inputs, missingPeers, notes, rows } = report;
  const gib = (machine.memoryBytes / 2 ** 30).toFixed(0);
  return [
    `Node ${machine.node}, ${machine.cores} x ${machine.processor}, ${gib} GiB. Medians of ${rounds}; spread is lowest to highest. MiB = 2^20 bytes.`,
    ...(scaledDown ? ["SCALED DOWN (--small): says that the bench works and nothing of speed; targets are not judged."] : []),
    "",
    ...inputs.map(({ what, records, bytes, cborBytes }) => {
      const content = cborBytes === null ? "" : ` of ${megabytes(cborBytes)} MB of CBOR`;
      return `input  ${what}: ${grouped(records)} records, ${megabytes(bytes)} MB${content}`;
    }),
    ...missingPeers.map(({ name, how }) => `without ${name}: ${how}`),
    ...notes.map((note) => `note   ${note}`),
    "",
    ...align([HEADINGS, ...rows.map(cellsOf)]),
  ].join("\n");
}

function cellsOf({ what, unit, ours, peer, ratio, target, met, goalMet }: JudgedRow): string[] {
  return [
    what,
    withUnit(target?.on === "ours" && unit === "MiB" ? ours.max : ours.median, unit),
    peer?.name ?? "",
    peer === null ? "" : peer.measured === null ? "missing" : withUnit(peer.measured.median, unit),
    ratio === null ? "" : `${ratio.median.toFixed(2)} x ${ratio.means}`,
    ratio === null ? `${rounded(ours.min, unit)} to ${withUnit(ours.max, unit)}` : `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`,
    target === null ? "" : describeTarget(target, unit),
    target === null ? "" : met === null ? "not judged" : met ? (goalMet === true ? "yes, and the goal" : "yes") : "NO",
  ];
}

function describeTarget({ on, is, value, goal }: Target, unit: Unit): string {
  const bound = (limit: number): string => (on === "ratio" ? `${limit} x` : `${grouped(limit)} ${unit}`);
  return `${is} ${bound(value)}${goal === undefined ? "" : ` (goal ${bound(goal)})`}`;
}

function withUnit(value: number, unit: Unit): string {
  return `${rounded(value, unit)} ${unit}`;
}

function rounded(value: number, unit: Unit): string {
  return unit === "s" ? value.toFixed(value < 10 ? 3 : 1) : grouped(Math.round(value));
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}

/** Lines of columns as wide as their widest cell. */
function align(lines: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
