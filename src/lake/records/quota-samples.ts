import { pMapIterable } from "p-map";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { jsonBytes, readJson } from "../json-object.ts";
import { layout, QUOTA_SAMPLES } from "../layout.ts";

const sample = z.object({
  format: z.literal(1),
  taken_at: z.iso.datetime(),
  balances: z.array(z.object({ bucket: z.string(), balance_usd: billionths })),
});

/** The gateway's balances of its buckets at a time. */
export interface QuotaSample {
  instance: string;
  at: Date;
  balances: ReadonlyMap<string, Nanodollars>;
}

/** Stores a sample; of two samples of the same instant, the first is kept. */
export async function keepQuotaSample(lake: ObjectStore, instance: string, balances: readonly { bucket: string; balance: Nanodollars }[], now: Date): Promise<void> {
  const written: z.input<typeof sample> = {
    format: 1,
    taken_at: now.toISOString(),
    balances: balances.map(({ bucket, balance }) => ({ bucket, balance_usd: formatDollars(balance) })),
  };
  await lake.create(layout.quotaSample(instance, now), jsonBytes(written));
}

/** The samples of all gateways from `from` on and before `to`, in order of time; a few are read ahead. */
export async function* readQuotaSamples(lake: ObjectStore, { from, to }: { from: Date; to: Date }): AsyncIterable<QuotaSample> {
  const keys: { instance: string; key: string; time: string }[] = [];
  for await (const { key } of lake.list(QUOTA_SAMPLES)) {
    const [instance = "", time = ""] = key.slice(QUOTA_SAMPLES.length).split("/");
    if (key >= layout.quotaSample(instance, from) && key < layout.quotaSample(instance, to)) keys.push({ instance, key, time });
  }
  keys.sort((a, b) => (a.time === b.time ? (a.instance < b.instance ? -1 : 1) : a.time < b.time ? -1 : 1));
  const read = async ({ instance, key }: { instance: string; key: string }): Promise<QuotaSample> => {
    const { taken_at, balances } = await readJson(lake, key, sample);
    return { instance, at: new Date(taken_at), balances: new Map(balances.map(({ bucket, balance_usd }) => [bucket, balance_usd])) };
  };
  yield* pMapIterable(keys, read, { concurrency: READS_AT_ONCE });
}
