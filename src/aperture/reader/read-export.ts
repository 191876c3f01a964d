import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { type Damage, DamageFound } from "./damage.ts";
import { decompressExport } from "./zstd/decompress.ts";
import { planRecord } from "./projection.ts";
import { checkRecord, NOTHING_READABLE, type ReadableParts, readableParts } from "./check-record.ts";
import { RecordReader, type RecordPlace } from "./record-reader.ts";
import type { Rejection } from "./rejection.ts";

/** Increase it whenever the same export would be read as different requests or rejections: every export is then read again. */
export const READER_VERSION = 4;

/**
 * Most rejections of one file. Aperture exports at most 10,000 records; a file with more unusable items is not an
 * export, and a gigabyte of zeros would be a thousand million rejections.
 */
const MOST_REJECTIONS = 100_000;

/** Receives records and rejections, in the order of the file. */
export interface ExportVisitor {
  accept(request: RecordedRequest, place: RecordPlace): void;
  /** @param parts the readable parts of the record. */
  reject(rejection: Rejection, place: RecordPlace, parts: ReadableParts): void;
  /** Called after each piece of the content, of a megabyte at most. Reading waits for it, so that records need not pile up. */
  pieceRead?(): Promise<void>;
}

export interface ExportReading {
  /** Complete items; each was accepted or rejected. */
  read: number;
  accepted: number;
  rejected: number;
  /** Bytes of CBOR. */
  contentBytes: number;
  /** Why the file could not be read completely, or null. */
  damage: Damage | null;
}

/**
 * Reads a local export file from the first byte to the last, or up to the damage, in constant memory.
 * @param exportTime when the export was made: it limits the times of its records.
 * @param headers request headers wanted, in any case.
 */
export async function readExport(
  file: string,
  exportTime: Date,
  headers: Iterable<string>,
  visitor: ExportVisitor,
): Promise<ExportReading> {
  const reading: ExportReading = { read: 0, accepted: 0, rejected: 0, contentBytes: 0, damage: null };
  const exportMicros = exportTime.getTime() * 1000;
  const reject = (rejection: Rejection, place: RecordPlace, parts: ReadableParts): void => {
    if (reading.rejected === MOST_REJECTIONS) {
      throw new DamageFound("no_export", place.offset, `more than ${MOST_REJECTIONS} items are not usable records`);
    }
    reading.read++;
    reading.rejected++;
    visitor.reject(rejection, place, parts);
  };
  const records = new RecordReader(planRecord(headers), {
    record(projected, place) {
      const request = checkRecord(projected, exportMicros);
      if ("reason" in request) return reject(request, place, readableParts(projected, exportMicros));
      reading.read++;
      reading.accepted++;
      return visitor.accept(request, place);
    },
    noRecord: (place) => reject({ reason: "not_a_map", field: null }, place, NOTHING_READABLE),
  });

  const damage = await decompressExport(file, (bytes) => {
    reading.contentBytes += bytes.length;
    records.push(bytes);
    return visitor.pieceRead?.();
  });
  reading.damage = damage ?? records.finish();
  return reading;
}

