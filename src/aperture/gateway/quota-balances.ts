import { z } from "zod";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { refuseDeepNesting } from "../../ledger/text/nesting.ts";
import { textMap } from "../../ledger/names/written-map.ts";

/** What is left in a bucket. */
export interface QuotaBalance {
  bucket: string;
  /** Below zero where the last request cost more than the remaining balance. */
  balance: Nanodollars;
}

/** Integers beyond 2^53 would not be exact. */
const nanodollars = z.int().transform(BigInt);
const named = z
  .object({ name: z.string().optional(), bucket: z.string().optional(), balance: nanodollars.optional(), remaining: nanodollars.optional(), current: nanodollars.optional() })
  .transform(({ name, bucket, balance, remaining, current }) => ({ bucket: name ?? bucket, balance: balance ?? remaining ?? current }));
const list = z.array(named);
const map = textMap({ value: named }).transform((all) => [...all].map(([key, { bucket, balance }]) => ({ bucket: bucket ?? key, balance })));
const buckets = z.union([list, map]);
const wrapped = z.union([z.object({ quotas: buckets }).transform(({ quotas }) => quotas), z.object({ buckets }).transform((answer) => answer.buckets)]);

/**
 * The balances in the answer of `GET /api/quotas`, in order of name. Its shape is not documented: a list of objects or an object of
 * objects is accepted, bare or under `quotas` or `buckets`; anything else throws `gateway_quotas_invalid`.
 */
export function parseQuotaBalances(text: string, what: string): QuotaBalance[] {
  const answer = parseJson(text, what);
  const read = wrapped.safeParse(answer);
  const parsed = read.success ? read : buckets.safeParse(answer);
  if (!parsed.success) throw refuse(what, "it does not contain a list of buckets whose name or bucket is a text and whose balance, remaining or current is a whole number of nanodollars");
  const balances = new Map<string, Nanodollars>();
  for (const [index, { bucket, balance }] of parsed.data.entries()) {
    if (bucket === undefined) throw refuse(what, `bucket ${String(index)} has neither name nor bucket`);
    if (balance === undefined) throw refuse(what, `the bucket ${JSON.stringify(bucket)} has neither balance nor remaining nor current`);
    if (balances.has(bucket)) throw refuse(what, `the bucket ${JSON.stringify(bucket)} occurs twice`);
    balances.set(bucket, balance);
  }
  return [...balances].map(([bucket, balance]) => ({ bucket, balance })).sort((a, b) => (a.bucket < b.bucket ? -1 : 1));
}

function parseJson(text: string, what: string): unknown {
  refuseDeepNesting(text, what, "gateway_quotas_invalid");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(what, `it is not JSON: ${messageOf(cause)}`, cause);
  }
}

function refuse(what: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError("gateway_quotas_invalid", `${what}: ${why}`, {
    remedy: "aperture.quotas must be the gateway's /api/quotas; if it is, report the shape of its answer",
    cause,
  });
}
