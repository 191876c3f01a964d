import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import { checkRecord } from "../../src/aperture/reader/check-record.ts";
import { planRecord } from "../../src/aperture/reader/projection.ts";
import { type ExportReading, readExport } from "../../src/aperture/reader/read-export.ts";
import type { RecordPlace } from "../../src/aperture/reader/record-reader.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { SimulationOptions } from "../../src/simulate/options.ts";
import { HEADERS, sequence } from "./cbor-arbitrary.ts";
import { applyEdits, type Edit, edits, headPlaces, untouched } from "./edits.ts";
import { frameContent, type Framing, framings } from "./framings.ts";
import { cutContent, type FoundItem, readPieces } from "./read-pieces.ts";

const PLAN = planRecord(HEADERS);
/** Later than everything the simulator writes. */
const EXPORT_TIME = new Date("2026-12-01T00:00:00Z");

/** An export file that something happened to. */
export interface MutatedFile {
  /** Well-formed CBOR. */
  content: Buffer;
  framing: Framing;
  /** What the edits are of: the content before it is compressed, or the object. */
  level: "content" | "object";
  changes: readonly Edit[];
  /** Where the content is cut when it arrives in pieces. */
  cuts: readonly number[];
  /** Whether every byte arrives by itself, and not only those near the first edit. */
  everyByte: boolean;
}

/** Files made of what a gateway writes, with and without conversations, and of everything that CBOR allows. */
export async function mutatedFiles(): Promise<fc.Arbitrary<MutatedFile>> {
  const small = (await Promise.all([1, 2, 3, 5].map((limit) => contents({ records: 60, limit, seed: `fuzz ${limit}` })))).flat();
  const large = await contents({ records: 12, limit: 4, bodies: true, days: 1, seed: "fuzz bodies" });
  const content = fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...small) },
    { weight: 1, arbitrary: fc.constantFrom(...large) },
    { weight: 30, arbitrary: sequence.map((items) => Buffer.concat(items.map(({ odd }) => odd))) },
  );
  return fc.record({
    content,
    framing: framings,
    level: fc.constantFrom("content", "object"),
    changes: edits,
    cuts: fc.array(fc.noBias(fc.nat()), { maxLength: 8 }),
    everyByte: fc.integer({ min: 0, max: 19 }).map((drawn) => drawn === 0),
  });
}

async function contents(options: Partial<SimulationOptions>): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const { bytes } of simulateExports(options).exports) found.push(zstdDecompressSync(bytes));
  return found;
}

interface Mutation {
  object: Buffer;
  /** The mutated content, where the edits are of that. */
  content: Buffer | undefined;
  /** How many bytes of the original content can still be read. */
  intact: number;
}

export async function mutate({ content: original, framing, level, changes }: MutatedFile): Promise<Mutation> {
  if (level === "content") {
    const content = applyEdits(original, changes, headPlaces(original));
    return { object: (await frameContent(content, framing)).object, content, intact: untouched(original, content) };
  }
  const { object: framed, readable, marks } = await frameContent(original, framing);
  const object = applyEdits(framed, changes, marks);
  const same = untouched(framed, object);
  const intact = Math.max(0, ...readable.flatMap(({ objectEnd, contentEnd }) => (objectEnd <= same ? [contentEnd] : [])));
  return { object, content: undefined, intact };
}

/** Throws unless the file is read as far as it can be, and everything in it is accounted for. `file` is written over. */
export async function checkMutatedFile(mutated: MutatedFile, file: string): Promise<void> {
  const { object, content, intact } = await mutate(mutated);
  writeFileSync(file, object);
  const before = itemsOf(mutated.content).filter(({ place }) => place.offset + place.length <= intact);

  const { outcomes, reading } = await readFile(file);
  assert.equal(reading.accepted + reading.rejected, reading.read, "what was read was accepted or rejected");
  assert.equal(outcomes.length, reading.read, "what was read was handed out");
  assert.deepEqual(outcomes.slice(0, before.length), before.map(outcomeOf), "records before the damage are as they were");
  if (content === undefined || reading.damage?.code === "no_export") return;

  const { found, damage } = readPieces(PLAN, arrivals(content, intact, mutated));
  assert.deepEqual(outcomes, found.map(outcomeOf), "however the bytes arrive, the same is read");
  if (content.length > 0) assert.deepEqual(reading.damage, damage, "however the bytes arrive, the same is wrong");
}

const known = new WeakMap<Buffer, FoundItem[]>();

/** What the content holds; that of simulated exports is looked at again and again. */
function itemsOf(content: Buffer): FoundItem[] {
  const found = known.get(content) ?? readPieces(PLAN, [content]).found;
  known.set(content, found);
  return found;
}

interface Outcome {
  place: RecordPlace;
  outcome: unknown;
}

function outcomeOf({ record, place }: FoundItem): Outcome {
  return { place, outcome: record === undefined ? { reason: "not_a_map", field: null } : checkRecord(record, EXPORT_TIME.getTime() * 1000) };
}

async function readFile(file: string): Promise<{ outcomes: Outcome[]; reading: ExportReading }> {
  const outcomes: Outcome[] = [];
  const keep = (outcome: unknown, place: RecordPlace): void => void outcomes.push({ place, outcome });
  const reading = await readExport(file, EXPORT_TIME, HEADERS, { accept: keep, reject: keep });
  return { outcomes, reading };
}

const NEAR_BEFORE = 100;
const NEAR_AFTER = 400;

/** Cut at random, and byte by byte near the first edit: whole records take another path through the reader than pieces do. */
function arrivals(content: Buffer, firstEdit: number, { cuts, everyByte }: MutatedFile): Buffer[] {
  const from = everyByte ? 0 : Math.max(0, firstEdit - NEAR_BEFORE);
  const to = everyByte ? content.length : Math.min(content.length, firstEdit + NEAR_AFTER);
  const bytes = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return cutContent(content, [...cuts, ...bytes]);
}
