import { z } from "zod";

/** Amounts have at most ten digits before the point. */
const MOST = 10_000_000_000;

/** Dollars as people write them: a number, or text such as `"$499.50"`. The input type is kept, since the configuration is parsed twice. */
export function dollarAmount(pattern: RegExp, meaning: string): z.ZodType<number | string> {
  const number = pattern.test("-1") ? { exclusiveMinimum: -MOST, not: { const: 0 } } : { exclusiveMinimum: 0 };
  const text = { pattern: pattern.source.replace("^", "^(?=.*[1-9])") };
  return z.union([z.number().meta({ ...number, exclusiveMaximum: MOST }), z.string().meta(text)], meaning).refine((written) => pattern.test(String(written)) && /[1-9]/.test(String(written)), meaning);
}
