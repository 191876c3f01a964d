import type { Peers } from "./peers.ts";
import type { BenchInput } from "./report.ts";
import type { Row } from "./rows.ts";

/** Records or rows of each input. */
export interface Sizes {
  bodies: number;
  manyBodies: number;
  small: number;
  landingRows: number;
  dayRows: number;
  manyDayRows: number;
  rollupRows: number;
  /** Of the month that is explored. */
  exploredRows: number;
  knownExports: number;
  sealedExports: number;
  /** Of the company whose report is rendered. */
  people: number;
  teams: number;
  /** How long a worker is sent hooks. */
  hookSeconds: number;
}

/** Those of docs/performance.md. */
export const SIZES: Sizes = {
  bodies: 2000, manyBodies: 8000, small: 300_000, landingRows: 20_000, dayRows: 500_000, manyDayRows: 5_000_000, rollupRows: 1_000_000, exploredRows: 10_000_000,
  knownExports: 2000, sealedExports: 5000, people: 5000, teams: 200, hookSeconds: 60,
};
/** Each topic is through in seconds. */
export const SMALL_SIZES: Sizes = {
  bodies: 40, manyBodies: 160, small: 6000, landingRows: 2000, dayRows: 5000, manyDayRows: 50_000, rollupRows: 20_000, exploredRows: 62_000, knownExports: 40, sealedExports: 40,
  people: 100, teams: 5, hookSeconds: 2,
};

/** What each topic is given. */
export interface Bench {
  rounds: number;
  sizes: Sizes;
  peers: Peers;
  say: (progress: string) => void;
}

export interface TopicResult {
  rows: Row[];
  inputs: BenchInput[];
  /** What has to be known to read the figures. */
  notes?: string[];
}
