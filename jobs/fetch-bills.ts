import { fetchBills, monthsToFetch } from "../src/reconciliation/fetching/fetch-bills.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** Fetches the providers' bills for the current month and the previous one. Does nothing where no bills are configured. */
export const handleFetchBills: JobHandler = async (_, { openLedger, clock }) => {
  const { stores: { lake }, work: { fetching }, telling: { log } } = await openLedger("cached");
  const now = clock();
  return { bills: await fetchBills(lake, { ...fetching, log }, monthsToFetch(now), now) };
};
