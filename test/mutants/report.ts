import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { MutantResult } from "@stryker-mutator/api/core";
import { type Equivalent, EQUIVALENTS } from "./equivalents.ts";
import { NOT_DRAWN } from "./sample-checker.ts";

/** At least this share of the mutants of an area dies. */
const WANTED = 0.9;

interface Placed {
  mutant: MutantResult;
  file: string;
  line: string;
}

export interface Judged {
  /** All mutants of the area, drawn or not. */
  all: number;
  killed: number;
  /** Of those killed, mutants whose tests did not end in time: endless loops, or a machine that is busier than the first run of the tests was. */
  timedOut: number;
  living: readonly Placed[];
  equivalent: number;
  /** Entries of the list of equivalents whose mutant was killed. */
  disproved: readonly Equivalent[];
  /** Mutants of module constants, which StrykerJS cannot attribute to a test. */
  constant: number;
  passed: boolean;
}

export function judgeMutants(results: readonly MutantResult[], equivalents: readonly Equivalent[] = EQUIVALENTS): Judged {
  const drawn = results.filter(({ statusReason }) => statusReason !== NOT_DRAWN);
  const placed = drawn.filter(({ status }) => status !== "Ignored").map(placeMutant);
  const known = placed.map((place) => ({ ...place, entry: equivalents.find((entry) => isSame(entry, place)) }));
  const dead = known.filter(({ mutant }) => mutant.status === "Killed" || mutant.status === "Timeout" || mutant.status === "RuntimeError");
  const lives = known.filter((place) => !dead.includes(place));
  const living = lives.filter(({ entry }) => entry === undefined);
  return {
    all: results.length,
    killed: dead.length,
    timedOut: dead.filter(({ mutant }) => mutant.status === "Timeout").length,
    living,
    equivalent: lives.length - living.length,
    disproved: dead.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    constant: drawn.length - placed.length,
    passed: dead.length >= WANTED * (dead.length + living.length) && dead.every(({ entry }) => entry === undefined),
  };
}

function placeMutant(mutant: MutantResult): Placed {
  const file = relative(process.cwd(), mutant.fileName);
  const line = readFileSync(mutant.fileName, "utf8").split("\n")[mutant.location.start.line - 1] ?? "";
  return { mutant, file, line: line.trim() };
}

function isSame(entry: Equivalent, { mutant, file, line }: Placed): boolean {
  return file.endsWith(`/${entry.file}`) && line === entry.line && mutant.replacement === entry.replacement;
}

export function renderArea(name: string, judged: Judged, { sample, seed }: { sample: string; seed: string }): string {
  const tried = judged.killed + judged.living.length;
  const share = tried === 0 ? "none tried" : `${((100 * judged.killed) / tried).toFixed(1)} %`;
  const lines = judged.living.map(
    ({ mutant, file, line }) =>
      `  living  ${file}:${mutant.location.start.line}:${mutant.location.start.column} (${mutant.status === "NoCoverage" ? "no test runs it" : mutant.mutatorName})\n` +
      `          ${line}\n          → ${mutant.replacement.replaceAll(/\s+/g, " ")}`,
  );
  const disproved = judged.disproved.map((entry) => `  listed as equivalent, but it dies: ${entry.file}: ${entry.line} → ${entry.replacement}`);
  return [
    ...lines,
    ...disproved,
    `${name}: ${judged.killed} killed (${judged.timedOut} by timeout), ${judged.living.length} living (${share}), ${judged.equivalent} equivalent, ` +
      `${judged.constant} in constants not tried; sample ${sample} of ${judged.all}, seed ${seed}`,
  ].join("\n");
}
