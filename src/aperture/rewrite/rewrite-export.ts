import { DamageFound, type Damage } from "../reader/damage.ts";
import { decompressExport } from "../reader/zstd/decompress.ts";
import { planRecord } from "../reader/projection.ts";
import { RecordReader } from "../reader/record-reader.ts";
import { CompressedFile } from "./compressed-file.ts";
import { ExportRewriter, type RewritingCounts, type Treatment } from "./export-rewriter.ts";
import { type Redactor, redactorOf } from "./redactor.ts";

export type { Treatment } from "./export-rewriter.ts";

/** How a copy differs from its original. */
export interface Rewriting extends RewritingCounts {
  /** Why the original could not be read to its end, or null; the copy ends there. */
  damage: Damage | null;
}

/**
 * Writes a copy of an export, in constant memory. Records with a treatment are changed, all others are copied byte for byte.
 * The same content and treatment give the same bytes, however the original was divided into frames.
 * @param treat called once for each item of the content, with its position as in `RecordPlace`.
 * @param redact replaces texts under `redact_bodies`; by default with the built-in patterns only.
 * @param pseudonymise replaces texts in every part of a record under `pseudonymise`, which also drops bodies and devices.
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

/** Reads the original as accounting does, so that both report exactly the same damage. */
class OriginalReader {
  readonly #reader = new RecordReader(planRecord([]), { record: () => undefined, noRecord: () => undefined });
  /** Number of content bytes passed on. */
  #offset = 0;

  /** Passes on the chunk, or the part of it before the damage, and then throws the damage. */
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
