import { z } from "zod";
import type { ObjectStore } from "../../storage/object-store.ts";
import { jsonBytes, readPlaced } from "../json-object.ts";
import { layout } from "../layout.ts";

/** The reports of a provider's API: what it counted, and what it charges. */
export const REPORTS = ["usage", "costs"] as const;
export type Report = (typeof REPORTS)[number];

const record = z.object({
  format: z.literal(1),
  /** Name of the bill in the configuration. */
  source: z.string(),
  api: z.string(),
  report: z.enum(REPORTS),
  month: z.string().regex(/^\d{4}-\d\d$/),
  /** UTC days; `to` is the day after the last. */
  from: z.iso.date(),
  to: z.iso.date(),
  fetched_at: z.iso.datetime(),
  /** Digest of the answers' content, without the members that change with each request. */
  content: z.string().regex(/^[0-9a-f]{64}$/),
  /** The unchanged answers, in order. */
  pages: z.array(z.string()),
});

/** A provider's answers for a month. */
export interface KeptBill {
  source: string;
  api: string;
  report: Report;
  /** `YYYY-MM` */
  month: string;
  /** UTC days; `to` is the day after the last. */
  from: string;
  to: string;
  fetchedAt: Date;
  /** SHA-256 of the answers' content, lower-case hex. */
  content: string;
  pages: readonly string[];
}

/** Stores answers without overwriting earlier ones. Resolves to the key, or to undefined if the last answers about the same days have the same content. */
export async function keepBill(store: ObjectStore, bill: KeptBill): Promise<string | undefined> {
  const last = await loadLast(store, await lastKey(store, layout.billVersions(bill.month, bill.source, bill.report)));
  if (last !== undefined && last.from === bill.from && last.to === bill.to && last.content === bill.content) return undefined;
  const { source, api, report, month, from, to, fetchedAt, content, pages } = bill;
  const written: z.input<typeof record> = { format: 1, source, api, report, month, from, to, fetched_at: fetchedAt.toISOString(), content, pages: [...pages] };
  const key = placeOf(bill);
  await store.create(key, jsonBytes(written));
  return key;
}

function placeOf({ month, source, report, fetchedAt, content }: KeptBill): string {
  return layout.bill(month, source, report, { fetchedAt, id: content.slice(0, 16) });
}

async function lastKey(store: ObjectStore, prefix: string): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { key } of store.list(prefix)) last = key;
  return last;
}

/** The last answers about a month from each source, by report, with their keys. */
export async function loadBills(store: ObjectStore, month: string): Promise<{ key: string; bill: KeptBill }[]> {
  const last = new Map<string, string>();
  for await (const { key } of store.list(layout.billsOf(month))) last.set(key.slice(0, key.lastIndexOf("/")), key);
  const found: { key: string; bill: KeptBill }[] = [];
  for (const key of last.values()) {
    const bill = await loadLast(store, key);
    if (bill !== undefined) found.push({ key, bill });
  }
  return found;
}

export async function hasBills(store: ObjectStore, month: string): Promise<boolean> {
  return (await lastKey(store, layout.billsOf(month))) !== undefined;
}

async function loadLast(store: ObjectStore, key: string | undefined): Promise<KeptBill | undefined> {
  if (key === undefined) return undefined;
  const toBill = ({ fetched_at: at, source, api, report, month, from, to, content, pages }: z.output<typeof record>): KeptBill => ({ source, api, report, month, from, to, fetchedAt: new Date(at), content, pages });
  return toBill(await readPlaced(store, key, record, (one) => placeOf(toBill(one))));
}
