import { addDays, daysBetween } from "../../ledger/days.ts";
import { type BillKind, type BillLine, type BillPart, type OtherService, TOKEN_TYPES, type TokenType } from "./bill.ts";
import { refuseOverlap } from "./refuse-overlap.ts";

/** A file of the bill. */
export interface BillFile {
  /** Last part of its path. */
  name: string;
  sha256: string;
  parts: readonly BillPart[];
}

/** What a provider's bill covers. */
export interface Coverage {
  /** UTC days with counted tokens, and their types. */
  countedDays: ReadonlySet<string>;
  countedTypes: ReadonlySet<TokenType>;
  /** UTC days with amounts, and the types that they distinguish. */
  chargedDays: ReadonlySet<string>;
  chargedTypes: ReadonlySet<TokenType>;
}

/** Several files as one bill. */
export interface Bill {
  /** In order of digest. */
  files: readonly { name: string; sha256: string; kinds: readonly BillKind[] }[];
  lines: readonly BillLine[];
  /** Charges of clouds that are not about models, by service and currency. */
  otherServices: readonly OtherService[];
  /** By provider. */
  coverage: ReadonlyMap<string, Coverage>;
}

const OPENAI_TYPES: readonly TokenType[] = ["input", "cached", "output"];
const COUNTED: Partial<Record<BillKind, readonly TokenType[]>> = {
  "anthropic-usage": TOKEN_TYPES,
  "anthropic-usage-csv": TOKEN_TYPES,
  "anthropic-analytics-usage": TOKEN_TYPES,
  "openai-usage": OPENAI_TYPES,
  "openai-usage-csv": OPENAI_TYPES,
};
/** The types of a cost report that distinguishes types at all. */
const CHARGED: Partial<Record<BillKind, readonly TokenType[]>> = {
  "anthropic-cost": TOKEN_TYPES,
  "anthropic-cost-csv": TOKEN_TYPES,
  "anthropic-analytics-cost": TOKEN_TYPES,
  "openai-costs": OPENAI_TYPES,
  "openai-costs-csv": OPENAI_TYPES,
};
/** API reports list their days, even empty ones; a CSV file covers all days from its first to its last. */
const BUCKETED: ReadonlySet<BillKind> = new Set(["anthropic-usage", "anthropic-cost", "openai-usage", "openai-costs"]);

/** Without files that are given a second time, in order of digest. */
export function eachFileOnce(given: readonly BillFile[]): BillFile[] {
  return [...new Map(given.map((file) => [file.sha256, file])).values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

/** Combines different files: usage and cost reports complete each other. The same usage in two files is an error. */
export function combineBills(files: readonly BillFile[]): Bill {
  const parts = files.flatMap((file) => file.parts);
  refuseOverlap(files);
  return {
    files: files.map(({ name, sha256, parts: of }) => ({ name, sha256, kinds: [...new Set(of.filter(({ entries }) => entries.length > 0).map(({ kind }) => kind))] })),
    lines: mergeLines(parts.flatMap(({ entries }) => entries.flatMap(({ lines }) => lines))),
    otherServices: sumServices(parts.flatMap(({ otherServices }) => otherServices ?? [])),
    coverage: findCoverage(parts),
  };
}

/** Sums all keys and hours of a day, model, type, workspace and terms in one line. */
function mergeLines(lines: readonly BillLine[]): BillLine[] {
  const merged = new Map<string, BillLine>();
  for (const line of lines) {
    const id = JSON.stringify([line.date, line.provider, line.workspace, line.model, line.type, line.tokens === null, line.cost === null, line.foreign?.currency, line.terms]);
    const known = merged.get(id);
    merged.set(id, known === undefined ? line : addLines(known, line));
  }
  return [...merged.values()];
}

function sumServices(services: readonly OtherService[]): OtherService[] {
  const sums = new Map<string, OtherService>();
  for (const one of services) {
    const id = JSON.stringify([one.service, one.currency]);
    sums.set(id, { ...one, amount: one.amount + (sums.get(id)?.amount ?? 0n) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Each amount was rounded to the nanodollar separately. */
function addLines(a: BillLine, b: BillLine): BillLine {
  const foreign = a.foreign === undefined ? {} : { foreign: { ...a.foreign, amount: a.foreign.amount + (b.foreign?.amount ?? 0n) } };
  const effective = a.effective === undefined && b.effective === undefined ? {} : { effective: (a.effective ?? a.cost ?? 0n) + (b.effective ?? b.cost ?? 0n) };
  return { ...a, ...foreign, ...effective, tokens: addKnown(a.tokens, b.tokens), cost: addKnown(a.cost, b.cost), rounding: a.rounding + b.rounding + 1n };
}

function addKnown(one: bigint | null, other: bigint | null): bigint | null {
  return one === null || other === null ? null : one + other;
}

type Gathered = { [Name in keyof Coverage]: Coverage[Name] extends ReadonlySet<infer Of> ? Set<Of> : never };

function findCoverage(parts: readonly BillPart[]): Map<string, Coverage> {
  const coverage = new Map<string, Gathered>();
  for (const part of parts) {
    const lines = part.entries.flatMap((entry) => entry.lines);
    for (const provider of new Set(part.provider === null ? lines.map((line) => line.provider) : [part.provider])) {
      const known = coverage.get(provider) ?? { countedDays: new Set(), countedTypes: new Set(), chargedDays: new Set(), chargedTypes: new Set() };
      coverage.set(provider, known);
      cover(known, part, lines.filter((line) => line.provider === provider));
    }
  }
  return coverage;
}

function cover({ countedDays, countedTypes, chargedDays, chargedTypes }: Gathered, part: BillPart, lines: readonly BillLine[]): void {
  const counted = lines.filter(({ tokens }) => tokens !== null);
  const charged = lines.filter(({ cost }) => cost !== null);
  for (const type of COUNTED[part.kind] ?? typesOf(counted)) countedTypes.add(type);
  if (COUNTED[part.kind] !== undefined || counted.length > 0) for (const day of daysOf(part, counted)) countedDays.add(day);
  if (charged.length > 0) for (const day of daysOf(part, charged)) chargedDays.add(day);
  const typed = typesOf(charged);
  for (const type of typed.length === 0 ? [] : [...typed, ...(CHARGED[part.kind] ?? [])]) chargedTypes.add(type);
}

function typesOf(lines: readonly BillLine[]): TokenType[] {
  return lines.flatMap(({ type }) => TOKEN_TYPES.find((one) => one === type) ?? []);
}

function daysOf({ kind, spans, asked }: BillPart, lines: readonly BillLine[]): string[] {
  if (asked !== undefined) return daysBetween(utcDate(asked.from), utcDate(asked.to));
  if (BUCKETED.has(kind)) return spans.map(({ from }) => utcDate(from));
  const days = lines.map(({ date }) => date).sort();
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? [] : daysBetween(first, addDays(last, 1));
}

function utcDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
