import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readPlaced, replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";

const causeAmount = z.object({ cause: z.string(), usd: billionths });

const record = z.object({
  format: z.literal(1),
  month: z.string().regex(/^\d{4}-\d\d$/),
  /** The bills that were compared. */
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
  providers: z.array(
    z.object({
      provider: z.string(),
      invoice_usd: billionths,
      /**
       * The amounts in other currencies: as billed, at the rates of the days, and at the rate of the month's last day. Absent where everything is in
       * dollars.
       */
      exchanged: z.array(z.object({ currency: z.string(), amount: billionths, usd: billionths, usd_at_end: billionths })).optional(),
      /** The ledger's figures for its own month, by provider of the `usage` table and model. */
      usage: z.array(z.object({ provider: z.string(), model: z.string(), usd: billionths })),
      /** The ledger's total for the UTC days that the bill covers, less its total for its own month. */
      other_days_usd: billionths,
      /** Differences between bill and ledger by model, with their likely causes. */
      models: z.array(z.object({ model: z.string(), billed_usd: billionths, ledger_usd: billionths, causes: z.array(causeAmount) })),
      /** Lines of the bill for neither tokens nor searches, each with the configured charge that it matches. */
      lines: z.array(z.object({ name: z.string(), charge: z.string().nullable(), usd: billionths })),
    }),
  ),
});
type InvoiceRecord = z.infer<typeof record>;

/** A provider's invoice for a month, with the ledger's figures when the two were compared. */
export type KeptInvoice = InvoiceRecord["providers"][number];

/** The invoices of a month. Bills that are compared later replace them. */
export async function keepInvoices(store: ObjectStore, month: string, files: readonly InvoiceRecord["files"][number][], invoices: readonly KeptInvoice[]): Promise<void> {
  const written: z.input<typeof record> = {
    format: 1,
    month,
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    providers: invoices.map(({ provider, invoice_usd, exchanged, usage, other_days_usd, models, lines }) => ({
      provider,
      invoice_usd: formatDollars(invoice_usd),
      ...(exchanged === undefined ? {} : { exchanged: exchanged.map(({ currency, ...amounts }) => ({ currency, amount: formatDollars(amounts.amount), usd: formatDollars(amounts.usd), usd_at_end: formatDollars(amounts.usd_at_end) })) }),
      usage: usage.map(usd),
      other_days_usd: formatDollars(other_days_usd),
      models: models.map(({ model, billed_usd, ledger_usd, causes }) => ({ model, billed_usd: formatDollars(billed_usd), ledger_usd: formatDollars(ledger_usd), causes: causes.map(usd) })),
      lines: lines.map(usd),
    })),
  };
  await replaceJson(store, layout.invoices(month), written);
}

function usd<Of extends { usd: Nanodollars }>(one: Of): Omit<Of, "usd"> & { usd: string } {
  return { ...one, usd: formatDollars(one.usd) };
}

/** Empty where no bill was compared. */
export async function readInvoices(store: ObjectStore, month: string): Promise<KeptInvoice[]> {
  const key = layout.invoices(month);
  if ((await store.head(key)) === undefined) return [];
  return (await readPlaced(store, key, record, (one) => layout.invoices(one.month))).providers;
}
