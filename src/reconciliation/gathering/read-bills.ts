import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { readFocusBill } from "../bills/focus-bill.ts";
import { FOCUS_MARKS } from "../bills/focus-columns.ts";
import type { FocusFormat } from "../bills/focus-sums.ts";
import { readBill } from "../bills/read-bill.ts";
import type { BillFile } from "../comparison/combine-bills.ts";

/** Reads local files. Messages and reports name each by the last part of its path. */
export async function readBillFiles(paths: readonly string[]): Promise<BillFile[]> {
  const files: BillFile[] = [];
  for (const path of paths) files.push(await readBillFile(path, basename(path)));
  return files;
}

async function readBillFile(path: string, name: string): Promise<BillFile> {
  const format = focusFormatOf(await orUnreadable(path, readHead(path)));
  if (format !== undefined) {
    const part = await withWorkspace((workspace) => readFocusBill({ path, name, format }, workspace));
    return { name, sha256: await sha256OfFile(path), parts: [part] };
  }
  const content = await orUnreadable(path, readFile(path));
  return { name, sha256: createHash("sha256").update(content).digest("hex"), parts: readBill(name, content.toString("utf8")) };
}

const HEAD_BYTES = 65_536;

async function readHead(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Parquet and compressed files can only be FOCUS files; a CSV file is recognised by its header. */
function focusFormatOf(head: Buffer): FocusFormat | undefined {
  if (head.subarray(0, 4).toString("latin1") === "PAR1") return "parquet";
  if (head[0] === 0x1f && head[1] === 0x8b) return "csv.gz";
  const header = head.toString("utf8").replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0]?.toLowerCase() ?? "";
  const columns = new Set(header.split(/[,;\t]/).map((column) => column.replaceAll('"', "").trim()));
  return FOCUS_MARKS.every((mark) => columns.has(mark.toLowerCase())) ? "csv" : undefined;
}

async function orUnreadable<Read>(path: string, reading: Promise<Read>): Promise<Read> {
  try {
    return await reading;
  } catch (cause) {
    throw new LedgerError("bill_invalid", `${path} cannot be read: ${messageOf(cause)}`, { remedy: "give the path of a bill on this machine", cause });
  }
}
