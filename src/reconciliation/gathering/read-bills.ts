import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { type Bill, type BillFile, combineBills } from "../comparison/combine-bills.ts";
import { readBill } from "../bills/read-bill.ts";

/** Reads local files as one bill; messages and reports name them by the last part of their path. */
export async function readBills(paths: readonly string[]): Promise<Bill> {
  const files: BillFile[] = [];
  for (const path of paths) {
    const content = await readPath(path);
    const name = basename(path);
    files.push({ name, sha256: createHash("sha256").update(content).digest("hex"), parts: readBill(name, content.toString("utf8")) });
  }
  return combineBills(files);
}

async function readPath(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new LedgerError("bill_invalid", `${path} cannot be read: ${messageOf(cause)}`, { remedy: "give the path of a bill on this machine", cause });
  }
}
