import { LedgerError } from "../../ledger/errors.ts";
import type { BillEntry, BillLine, BillPart } from "./bill.ts";
import { TERMS } from "../../ledger/usage/terms.ts";
import type { BillFile } from "./combine-bills.ts";

/** Throws `bill_invalid` for usage that would count twice because it is in two files, two reports or two exports. */
export function refuseOverlap(files: readonly BillFile[]): void {
  const parts = files.flatMap((file) => file.parts);
  refuseSameEntries(files);
  refuseSameExport(files.filter((file) => file.parts.some(({ kind }) => kind === "focus")));
  refuseTwoKinds(parts);
}

interface PlacedEntry {
  file: BillFile;
  part: BillPart;
  entry: BillEntry;
}

function refuseSameEntries(files: readonly BillFile[]): void {
  const known = new Map<string, PlacedEntry[]>();
  const placed = files.flatMap((file) => file.parts.filter(({ kind }) => kind !== "focus").flatMap((part) => part.entries.map((entry): PlacedEntry => ({ file, part, entry }))));
  for (const one of placed) {
    const { part, entry } = one;
    const id = `${part.kind} ${entry.withoutTerms ?? entry.dimensions}`;
    const others = known.get(id) ?? [];
    const same = others.find((other) => other.part !== part && other.entry.from < entry.to && entry.from < other.entry.to && areSame(other, one));
    if (same !== undefined) throw twice(`${same.part.origin} and ${part.origin}`, `${new Date(entry.from).toISOString()} of ${entry.dimensions.slice(0, 200)}`);
    known.set(id, others);
    others.push(one);
  }
}

/** Of two files, one may be grouped by a term that the other does not name: then both have the same usage. */
function areSame(a: PlacedEntry, b: PlacedEntry): boolean {
  if (a.file === b.file) return a.entry.dimensions === b.entry.dimensions;
  const [terms, others] = [a, b].map(({ entry }) => entry.lines[0]?.terms ?? {});
  return TERMS.every((term) => terms?.[term] === undefined || others?.[term] === undefined || terms[term] === others[term]);
}

/**
 * One FOCUS export may consist of several files, which have the same days and services but different amounts. Two exports of the same days mostly
 * have the same amounts.
 */
function refuseSameExport(files: readonly BillFile[]): void {
  const lines = files.map((file) => ({ file, ids: new Map(file.parts.flatMap(({ entries }) => entries.flatMap((entry) => entry.lines.map((line): [string, string] => [`${entry.dimensions} ${line.date}`, amountsOf(line)])))) }));
  for (const [index, one] of lines.entries()) {
    for (const other of lines.slice(0, index)) {
      const equal = [...one.ids].filter(([id, amounts]) => other.ids.get(id) === amounts).length;
      if (equal > 0 && equal * 2 >= Math.min(one.ids.size, other.ids.size)) throw twice(`${other.file.name} and ${one.file.name}`, `${String(equal)} equal lines`);
    }
  }
}

function amountsOf({ tokens, cost, foreign }: BillLine): string {
  return [tokens, cost, foreign?.amount].map(String).join(" ");
}

/** A provider's tokens for a day, and its money, must each come from one kind of report. A generic CSV may add to it. */
function refuseTwoKinds(parts: readonly BillPart[]): void {
  const kinds = new Map<string, BillPart>();
  for (const part of parts.filter(({ kind }) => kind !== "generic-csv")) {
    for (const { date, provider, tokens, cost, foreign } of part.entries.flatMap(({ lines }) => lines)) {
      for (const measure of [...(tokens === null ? [] : ["tokens"]), ...(cost === null && foreign === undefined ? [] : ["money"])]) {
        const id = JSON.stringify([date, provider, measure]);
        const known = kinds.get(id) ?? part;
        kinds.set(id, known);
        if (known.kind !== part.kind) throw twice(`${known.origin} and ${part.origin}`, `${measure} of ${provider} on ${date}`);
      }
    }
  }
}

function twice(origins: string, what: string): LedgerError {
  return new LedgerError("bill_invalid", `${origins} both have ${what}: it would count twice`, {
    remedy: "leave one of them out, which is reconcile --kept NAME of bills that were fetched, or fetch reports whose times do not overlap",
  });
}
