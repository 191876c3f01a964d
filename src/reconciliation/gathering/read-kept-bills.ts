import { createHash } from "node:crypto";
import { loadBills } from "../../lake/records/kept-bills.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBill } from "../bills/read-bill.ts";
import type { BillFile } from "../comparison/combine-bills.ts";

/**
 * The fetched bills of a month, from the latest answers of each report. Each is named by its key. Throws `usage` for a name that no fetched bill has.
 * @param names names in `reconciliation.fetch`; without them, every bill.
 */
export async function readKeptBills(lake: ObjectStore, month: string, names?: readonly string[]): Promise<BillFile[]> {
  const kept = await loadBills(lake, month);
  const known = [...new Set(kept.map(({ bill }) => bill.source))];
  const missing = names?.find((name) => !known.includes(name));
  if (missing !== undefined) throw new LedgerError("usage", `no bill of ${month} was fetched as ${JSON.stringify(missing)}`, { remedy: known.length === 0 ? "call reconcile with --fetch" : `there are ${listSome(known)}` });
  return kept.filter(({ bill }) => names?.includes(bill.source) ?? true).map(({ key, bill }) => {
    const sha256 = createHash("sha256").update(bill.pages.join("\n")).digest("hex");
    const parts = bill.pages.flatMap((page, index) => readBill(`${key}, page ${String(index + 1)}`, page));
    // Reports with empty pages or without empty days still cover everything that was requested.
    const asked = { from: Date.parse(bill.from), to: Date.parse(bill.to) };
    return { name: key, sha256, parts: parts.map((part) => ({ ...part, asked })) };
  });
}
