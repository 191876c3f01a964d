import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { formatDollarsOrNull, type Nanodollars } from "../../ledger/money.ts";

/** Position and reason of a rejected record; part of its line in the quarantine file. */
export interface QuarantinedRecord {
  place: { position: number; offset: number; length: number };
  reason: string;
  field: string | null;
  /** The readable parts. */
  cost: Nanodollars | null;
  caller: string | null;
}

/** Content is compressed in pieces of this size, each a zstd frame of its own: memory stays bounded. */
const PIECE_BYTES = 1 << 20;

/**
 * Writes the quarantine file of one export (`quarantine/<instance>/<export>.ndjson`), one JSON object per line:
 * `instance`, `export`, `position` (from 0), `offset` and `length` in the decompressed export, `reason`, `field`,
 * `cost_usd` and `caller` where they could be read,
 * `cbor_zstd` (the record's own bytes, as zstd frames in base64) and their `sha256`.
 */
export class QuarantineWriter {
  readonly #file: number;
  readonly #origin: { instance: string; export: string };
  #sha256: Hash = createHash("sha256");
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #pieceBytes = 0;
  /** Base64 writes three bytes as four characters: up to two bytes wait for the next piece. */
  #unencoded: Buffer = Buffer.alloc(0);

  constructor(file: string, origin: { instance: string; export: string }) {
    this.#file = openSync(file, "w");
    this.#origin = origin;
  }

  begin({ place, reason, field, cost, caller }: QuarantinedRecord): void {
    this.#sha256 = createHash("sha256");
    const start = JSON.stringify({ ...this.#origin, ...place, reason, field, cost_usd: formatDollarsOrNull(cost), caller });
    writeFileSync(this.#file, `${start.slice(0, -1)},"cbor_zstd":"`);
  }

  /** The caller may reuse the piece's memory when this returns. */
  bytes(piece: Buffer): void {
    this.#sha256.update(piece);
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(this.#piece, this.#pieceBytes, at);
      this.#pieceBytes += copied;
      at += copied;
      if (this.#pieceBytes === PIECE_BYTES) this.#writePiece();
    }
  }

  end(): void {
    if (this.#pieceBytes > 0) this.#writePiece();
    writeFileSync(this.#file, `${this.#unencoded.toString("base64")}","sha256":"${this.#sha256.digest("hex")}"}\n`);
    this.#unencoded = Buffer.alloc(0);
  }

  close(): void {
    closeSync(this.#file);
  }

  #writePiece(): void {
    const compressed = zstdCompressSync(this.#piece.subarray(0, this.#pieceBytes));
    const bytes = Buffer.concat([this.#unencoded, compressed]);
    const whole = bytes.length - (bytes.length % 3);
    writeFileSync(this.#file, bytes.toString("base64", 0, whole));
    this.#unencoded = bytes.subarray(whole);
    this.#pieceBytes = 0;
  }
}
