import type { Month } from "../../ledger/months.ts";
import type { FocusColumn } from "./focus-columns.ts";

type DatasetColumn = Pick<FocusColumn, "name" | "type">;
/** Values as text, by column. Columns without a value are left out. */
export type DatasetRow = Readonly<Record<string, string>>;

export interface Dataset {
  /** The file's name without the format. */
  file: string;
  columns: readonly DatasetColumn[];
}

const text = (name: string): DatasetColumn => ({ name, type: "VARCHAR" });
const time = (name: string): DatasetColumn => ({ name, type: "TIMESTAMPTZ" });

/** FOCUS columns ordered by name, then our own. */
export const BILLING_PERIOD: Dataset = {
  file: "focus-billing-period",
  columns: [
    time("BillingPeriodCreated"), time("BillingPeriodEnd"), time("BillingPeriodLastUpdated"), time("BillingPeriodStart"), text("BillingPeriodStatus"), text("InvoiceIssuerName"), text("x_CloseId"),
  ],
};

/** Columns about paying in another currency and about purchase orders are left out, as FOCUS allows. */
export const INVOICE_DETAIL: Dataset = {
  file: "focus-invoice-detail",
  columns: [
    { name: "BilledCost", type: "DECIMAL(38,9)" },
    text("BillingAccountId"), text("BillingCurrency"), time("BillingPeriodEnd"), time("BillingPeriodStart"), text("ChargeCategory"),
    time("InvoiceDetailCreated"), text("InvoiceDetailDescription"), text("InvoiceDetailGrain"), text("InvoiceDetailId"), time("InvoiceDetailLastUpdated"),
    text("InvoiceId"), time("InvoiceIssueDate"), text("InvoiceIssueStatus"), text("InvoiceIssuerName"), time("PaymentDueDate"), text("PaymentTerms"), text("ReferenceInvoiceId"),
  ],
};

/** The data sets besides the charges. */
export const DATASETS: readonly Dataset[] = [BILLING_PERIOD, INVOICE_DETAIL];

/** A month of one provider. @param changed when the ledger last learned something about the month @param closed null for an open month */
export function billingPeriodRow({ from, to }: Month, issuer: string, changed: Date, closed: { id: string; at: string } | null): DatasetRow {
  return {
    // The ledger knows no other time of creation than the beginning of the month.
    BillingPeriodCreated: from.toISOString(),
    BillingPeriodEnd: to.toISOString(),
    BillingPeriodLastUpdated: closed?.at ?? (changed < from ? from : changed).toISOString(),
    BillingPeriodStart: from.toISOString(),
    BillingPeriodStatus: closed === null ? "Open" : "Closed",
    InvoiceIssuerName: issuer,
    ...(closed === null ? {} : { x_CloseId: closed.id }),
  };
}

/** The amount that a bill has for a model at a gateway. */
export interface InvoiceDetail {
  provider: string;
  model: string;
  instance: string;
  invoiceId: string;
  detailId: string;
  /** Decimal dollars. */
  billed: string;
  /** When the month was trued up to the bill. */
  broughtAt: Date;
}

export function invoiceDetailRow({ from, to, name }: Month, { provider, model, instance, invoiceId, detailId, billed, broughtAt }: InvoiceDetail): DatasetRow {
  return {
    BilledCost: billed,
    BillingAccountId: instance,
    BillingCurrency: "USD",
    BillingPeriodEnd: to.toISOString(),
    BillingPeriodStart: from.toISOString(),
    ChargeCategory: "Usage",
    InvoiceDetailCreated: broughtAt.toISOString(),
    InvoiceDetailDescription: `${model}, ${name}`,
    InvoiceDetailGrain: JSON.stringify({ ServiceName: provider, x_Instance: instance, x_Model: model }),
    InvoiceDetailId: detailId,
    InvoiceDetailLastUpdated: broughtAt.toISOString(),
    InvoiceId: invoiceId,
    InvoiceIssueStatus: "Issued",
    InvoiceIssuerName: provider,
    ReferenceInvoiceId: invoiceId,
  };
}
