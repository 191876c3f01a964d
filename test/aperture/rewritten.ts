import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { decompressExport } from "../../src/aperture/reader/zstd/decompress.ts";
import type { Redactor } from "../../src/aperture/rewrite/redactor.ts";
import { type Rewriting, rewriteExport, type Treatment } from "../../src/aperture/rewrite/rewrite-export.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { withFile } from "./read-content.ts";

export interface Rewritten {
  rewriting: Rewriting;
  /** The copy: its path, its bytes, and what they expand to. */
  file: string;
  bytes: Buffer;
  content: Buffer;
}

/** Rewrites a local export file with every record treated alike, or as the function says. */
export async function rewriteFile(file: string, treat: Treatment | ((position: number) => Treatment), redact?: Redactor): Promise<Rewritten> {
  const out = join(temporaryFolder(), "1791500000.cbor.zstd");
  const rewriting = await rewriteExport(file, out, typeof treat === "string" ? () => treat : treat, redact);
  return { rewriting, file: out, bytes: await readFile(out), content: await contentOf(out) };
}

/** As `rewriteFile`, of an export with this content. */
export async function rewriteContent(content: Uint8Array, treat: Treatment | ((position: number) => Treatment), redact?: Redactor): Promise<Rewritten> {
  return await withFile(zstdCompressSync(content), (file) => rewriteFile(file, treat, redact));
}

/** What a local export file expands to, up to its damage. */
export async function contentOf(file: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await decompressExport(file, (piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}
