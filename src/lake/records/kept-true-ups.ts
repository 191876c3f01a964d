import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { keptMap } from "../../ledger/names/written-map.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readPlaced, replaceJson } from "../json-object.ts";
import { layout, TRUE_UPS } from "../layout.ts";

const record = z.object({
  format: z.literal(1),
  month: z.string().regex(/^\d{4}-\d\d$/),
  made_at: z.iso.datetime(),
  /** Who called the command, by their own statement. */
  made_by: z.string(),
  /** The bill that it is based on. */
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
  amounts: z.array(z.object({ provider: z.string(), model: z.string(), invoice_usd: billionths.refine((amount) => amount >= 0n, "a negative invoice") })),
  /** The bill's lines besides requests, and the usage that each is for. */
  charges: z.array(z.object({ provider: z.string(), name: z.string(), invoice_usd: billionths, when: keptMap(z.array(z.string())) })).optional(),
});

/** The true-up of a month, and who made it. */
export interface KeptTrueUp {
  /** `YYYY-MM` */
  month: string;
  madeAt: Date;
  madeBy: string;
  files: readonly { name: string; sha256: string }[];
  amounts: readonly { provider: string; model: string; invoice: Nanodollars }[];
  charges?: readonly { provider: string; name: string; invoice: Nanodollars; when: ReadonlyMap<string, readonly string[]> }[] | undefined;
}

/** A month has one true-up: a later one replaces it. */
export async function keepTrueUp(store: ObjectStore, { month, madeAt, madeBy, files, amounts, charges = [] }: KeptTrueUp): Promise<void> {
  const written: z.input<typeof record> = {
    format: 1,
    month,
    made_at: madeAt.toISOString(),
    made_by: madeBy,
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    amounts: amounts.map(({ provider, model, invoice }) => ({ provider, model, invoice_usd: formatDollars(invoice) })),
    ...(charges.length === 0 ? {} : { charges: charges.map(({ provider, name, invoice, when }) => ({ provider, name, invoice_usd: formatDollars(invoice), when: [...when] })) }),
  };
  await replaceJson(store, layout.trueUp(month), written);
}

/** In order of month. */
export async function loadTrueUps(store: ObjectStore): Promise<KeptTrueUp[]> {
  const kept: KeptTrueUp[] = [];
  for await (const { key } of store.list(TRUE_UPS)) {
    const { month, made_at, made_by, files, amounts, charges } = await readPlaced(store, key, record, (one) => layout.trueUp(one.month));
    const read = amounts.map(({ provider, model, invoice_usd: invoice }) => ({ provider, model, invoice }));
    const asked = charges?.map(({ provider, name, invoice_usd: invoice, when }) => ({ provider, name, invoice, when }));
    kept.push({ month, madeAt: new Date(made_at), madeBy: made_by, files, amounts: read, ...(asked === undefined ? {} : { charges: asked }) });
  }
  return kept;
}
