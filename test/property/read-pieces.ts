import { type Damage, DamageFound } from "../../src/aperture/reader/damage.ts";
import type { FieldTable } from "../../src/aperture/reader/field-table.ts";
import type { ProjectedRecord } from "../../src/aperture/reader/projection.ts";
import { RecordReader, type RecordPlace } from "../../src/aperture/reader/record-reader.ts";

/** An item that the reader handed out; one that is no record has no value. */
export interface FoundItem {
  record: ProjectedRecord | undefined;
  place: RecordPlace;
}

export interface PiecesReading {
  found: FoundItem[];
  damage: Damage | null;
}

/** What the reader hands out of bytes that arrive in these pieces. */
export function readPieces(plan: FieldTable, pieces: readonly Buffer[]): PiecesReading {
  const found: FoundItem[] = [];
  const reader = new RecordReader(plan, {
    record: (record, place) => void found.push({ record, place }),
    noRecord: (place) => void found.push({ record: undefined, place }),
  });
  try {
    for (const piece of pieces) reader.push(piece);
  } catch (error) {
    if (error instanceof DamageFound) return { found, damage: error.damage };
    throw error;
  }
  return { found, damage: reader.finish() };
}

/** The content in pieces that end at these places, which may be beyond its end. */
export function cutContent(content: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((at) => at % (content.length + 1)).sort((a, b) => a - b), content.length];
  return places.slice(1).map((end, i) => content.subarray(places[i], end));
}
