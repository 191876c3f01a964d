/** A provider's model whose charges of a month are on a bill. */
export interface BilledModel {
  provider: string;
  model: string;
  invoiceId: string;
}

interface BilledMonth {
  /** `YYYY-MM` */
  month: string;
  amounts: readonly { provider: string; model: string }[];
}

/**
 * The models on the bills that months were trued up to, in the order of the bills. The ledger names an invoice after provider and month, since
 * providers' reports do not contain its number.
 */
export function billedModels(billed: readonly BilledMonth[]): BilledModel[] {
  return billed.flatMap(({ month, amounts }) => amounts.map(({ provider, model }) => ({ provider, model, invoiceId: `${provider}/${month}` })));
}

/** SQL of the id of an invoice line. A line is the cost of one model at one gateway. */
export const INVOICE_DETAIL_ID = "instance || '/' || model";
/** SQL of the id of the invoice line of a key of charges; null where no bill has its model. */
export const LINE_OF_INVOICE = `CASE WHEN invoice_id IS NOT NULL THEN ${INVOICE_DETAIL_ID} END`;
