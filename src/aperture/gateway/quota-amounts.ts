import { z } from "zod";
import { DAY_MS, MINUTE_MS } from "../../ledger/durations.ts";
import { type Nanodollars, parseDollars } from "../../ledger/money.ts";
import type { QuotaRate } from "../../ledger/gateway/gateway-access.ts";

const UNITS: Readonly<Record<string, number>> = { min: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };

type Read<Value> = { value: Value } | { problem: string };

/** `"$10.00"`. */
export const dollarsText = z.string().transform(refuseProblems(readDollars));

/** `"$5.00/day"`. */
export const rateText = z.string().transform(refuseProblems(readRate));

/** The unit that a rate is written with. */
export function unitOf({ unitMs }: QuotaRate): string {
  return Object.entries(UNITS).find(([, milliseconds]) => milliseconds === unitMs)?.[0] ?? `${String(unitMs)} ms`;
}

function readDollars(text: string): Read<Nanodollars> {
  const amount = parseDollars(text.trim().replace(/^(-?)\$/, "$1").replace(/^\$-/, "-"));
  if (amount === undefined) return { problem: `${JSON.stringify(text)} is not an amount of dollars with up to nine decimals, such as "$10.00"` };
  return amount < 0n ? { problem: `${JSON.stringify(text)} is negative` } : { value: amount };
}

function readRate(text: string): Read<QuotaRate> {
  const parts = text.split("/").map((part) => part.trim());
  const [amount = "", unit = ""] = parts;
  if (parts.length !== 2) return { problem: `${JSON.stringify(text)} is not an amount per unit, such as "$5.00/day"` };
  const unitMs = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (unitMs === undefined) return { problem: `${JSON.stringify(text)} has the unit ${JSON.stringify(unit)}; known units are ${Object.keys(UNITS).join(", ")}` };
  const read = readDollars(amount);
  return "problem" in read ? { problem: `${JSON.stringify(text)}: ${read.problem}` } : { value: { amount: read.value, unitMs } };
}

function refuseProblems<Value>(read: (text: string) => Read<Value>): (text: string, context: z.RefinementCtx) => Value {
  return (text, context) => {
    const result = read(text);
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  };
}
