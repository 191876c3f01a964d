import { DamageFound, type Damage } from "../reader/damage.ts";
import { decompressExport } from "../reader/zstd/decompress.ts";
import { planRecord } from "../reader/projection.ts";
import { RecordReader } from "../reader/record-reader.ts";
import { CompressedFile } from "./compressed-file.ts";
import { ExportRewriter, type RewritingCounts, type Treatment } from "./export-rewriter.ts";
import { type Redactor, redactorOf } from "./redactor.ts";

export type { Treatment } from "./export-rewriter.ts";

/** What a copy has of what it was made from. */
export interface Rewriting extends RewritingCounts {
  /** Why the original could not be read to its end, or null; the copy ends there. */
  damage: Damage | null;
}

/**
 * Writes an export again as an export, in constant memory: every record as it is treated, the others byte for byte.
 * The same content and treatment become the same bytes, however the original was cut into frames.
 * @param treat asked once for each item of the content, by its position as in `RecordPlace`.
 * @param redact what is replaced under `redact_bodies`; the built-in patterns alone where none is given.
 * @param pseudonymise what is replaced in every text of a record under `pseudonymise`, which drops bodies and devices as well.
 */
export async function rewriteExport(
  file: string,
  out: string,
  treat: (position: number) => Treatment,
  redact: Redactor = redactorOf([]),
  pseudonymise: Redactor = (text) => text,
): Promise<Rewriting> {
  const copy = new CompressedFile(out);
  const rewriter = new ExportRewriter(treat, { redact, pseudonymise }, (bytes) => copy.write(bytes));
  const original = new OriginalReader();
  try {
    const damage = await decompressExport(file, (chunk) => {
      original.read(chunk, (sound) => rewriter.push(sound));
      return copy.room();
    });
    await copy.close();
    return { ...rewriter.counts, damage: damage ?? original.finish() };
  } catch (error) {
    await copy.abandon();
    throw error;
  }
}

/** Reads what is written again as accounting reads it: the damage is then the one that it would find, to the letter. */
class OriginalReader {
  readonly #reader = new RecordReader(planRecord([]), { record: () => undefined, noRecord: () => undefined });
  /** Bytes of content handed on. */
  #offset = 0;

  /** Hands on the chunk, or what of it lies before the damage, which is then thrown. */
  read(chunk: Buffer, handOn: (sound: Buffer) => void): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (error instanceof DamageFound) handOn(chunk.subarray(0, Math.max(0, error.damage.offset - this.#offset)));
      throw error;
    }
    this.#offset += chunk.length;
    handOn(chunk);
  }

  finish(): Damage | null {
    return this.#reader.finish();
  }
}
