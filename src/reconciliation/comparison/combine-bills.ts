import { addDays, daysBetween } from "../../ledger/days.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { type BillEntry, type BillKind, type BillLine, type BillPart, TOKEN_TYPES, type TokenType } from "./bill.ts";

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
  /** By provider. */
  coverage: ReadonlyMap<string, Coverage>;
}

const OPENAI_TYPES: readonly TokenType[] = ["input", "cached", "output"];
const COUNTED: Partial<Record<BillKind, readonly TokenType[]>> = {
  "anthropic-usage": TOKEN_TYPES,
  "anthropic-usage-csv": TOKEN_TYPES,
  "openai-usage": OPENAI_TYPES,
  "openai-usage-csv": OPENAI_TYPES,
};
/** The types of a cost report that distinguishes types at all. */
const CHARGED: Partial<Record<BillKind, readonly TokenType[]>> = {
  "anthropic-cost": TOKEN_TYPES,
  "anthropic-cost-csv": TOKEN_TYPES,
  "openai-costs": OPENAI_TYPES,
  "openai-costs-csv": OPENAI_TYPES,
};
/** API reports list their days, even empty ones; a CSV file covers all days from its first to its last. */
const BUCKETED: ReadonlySet<BillKind> = new Set(["anthropic-usage", "anthropic-cost", "openai-usage", "openai-costs"]);

/** Combines files: usage and cost reports complete each other. A file given twice counts once; the same usage in two files is an error. */
export function combineBills(given: readonly BillFile[]): Bill {
  const files = [...new Map(given.map((file) => [file.sha256, file])).values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const parts = files.flatMap((file) => file.parts);
  refuseOverlap(parts);
  return {
    files: files.map(({ name, sha256, parts: of }) => ({ name, sha256, kinds: [...new Set(of.filter(({ entries }) => entries.length > 0).map(({ kind }) => kind))] })),
    lines: mergeLines(parts.flatMap(({ entries }) => entries.flatMap(({ lines }) => lines))),
    coverage: findCoverage(parts),
  };
}

/** Sums all keys, tiers and hours of a day, model, type and workspace in one line. */
function mergeLines(lines: readonly BillLine[]): BillLine[] {
  const merged = new Map<string, BillLine>();
  for (const line of lines) {
    const id = JSON.stringify([line.date, line.provider, line.workspace, line.model, line.type, line.tokens === null, line.cost === null]);
    const known = merged.get(id);
    merged.set(id, known === undefined ? line : addLines(known, line));
  }
  return [...merged.values()];
}

/** Each amount was rounded to the nanodollar separately. */
function addLines(a: BillLine, b: BillLine): BillLine {
  return { ...a, tokens: addKnown(a.tokens, b.tokens), cost: addKnown(a.cost, b.cost), rounding: a.rounding + b.rounding + 1n };
}

function addKnown(one: bigint | null, other: bigint | null): bigint | null {
  return one === null || other === null ? null : one + other;
}

function refuseOverlap(parts: readonly BillPart[]): void {
  const known = new Map<string, { part: BillPart; entry: BillEntry }[]>();
  for (const part of parts) {
    for (const entry of part.entries) {
      const id = `${part.kind} ${entry.dimensions}`;
      const others = known.get(id) ?? [];
      const same = others.find((other) => other.part !== part && other.entry.from < entry.to && entry.from < other.entry.to);
      if (same !== undefined) throw overlaps(same.part, part, entry);
      known.set(id, others);
      others.push({ part, entry });
    }
  }
}

function overlaps(one: BillPart, other: BillPart, { from, dimensions }: BillEntry): LedgerError {
  const when = new Date(from).toISOString();
  return new LedgerError("bill_invalid", `${one.origin} and ${other.origin} both have ${when} of ${dimensions.slice(0, 200)}: it would count twice`, {
    remedy: "leave one of them out, or fetch reports whose times do not overlap",
  });
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

function daysOf({ kind, spans }: BillPart, lines: readonly BillLine[]): string[] {
  if (BUCKETED.has(kind)) return spans.map(({ from }) => new Date(from).toISOString().slice(0, 10));
  const days = lines.map(({ date }) => date).sort();
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? [] : daysBetween(first, addDays(last, 1));
}
