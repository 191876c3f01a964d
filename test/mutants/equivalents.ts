/** A mutant that no test can kill, because it does what the original does. */
export interface Equivalent {
  /** End of the file's path, such as `shares/plan.ts`. */
  file: string;
  /** The mutated line, without the spaces around it. */
  line: string;
  /** What stands there instead of the mutated part, as the report prints it. */
  replacement: string;
  /** Why no input distinguishes the two. */
  reason: string;
}

const SIGN_OF_ZERO = "0n has no sign: what is negated or multiplied by -1n stays 0n";
const SIGN = "a sign is 1n or -1n, and dividing by it is multiplying by it";
const DISTINCT = "the two are never equal, so that the order of equals does not matter";

/** Mutants that the score leaves out. The command fails for an entry whose mutant dies; a test fails for one whose line is gone. */
export const EQUIVALENTS: readonly Equivalent[] = [
  { file: "ledger/money.ts", line: 'const digits = (amount < 0n ? -amount : amount).toString().padStart(10, "0");', replacement: "amount <= 0n", reason: SIGN_OF_ZERO },
  { file: "ledger/money.ts", line: 'const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");', replacement: "cents <= 0n", reason: SIGN_OF_ZERO },
  { file: "ledger/money.ts", line: "const sign = numerator < 0n ? -1n : 1n;", replacement: "numerator <= 0n", reason: "of a numerator of 0n less than half a denominator is cut, whichever sign it is cut with" },
  { file: "ledger/money.ts", line: "return (sign * (2n * numerator * sign + denominator)) / (2n * denominator);", replacement: "2n * numerator / sign", reason: SIGN },
  { file: "ledger/money.ts", line: "const sign = total < 0n ? -1n : 1n;", replacement: "total <= 0n", reason: SIGN_OF_ZERO },
  { file: "ledger/money.ts", line: "const amount = total * sign;", replacement: "total / sign", reason: SIGN },
  { file: "ledger/money.ts", line: "return parts.map((part) => part * sign);", replacement: "part / sign", reason: SIGN },
  { file: "ledger/money.ts", line: "if (shares.length < 2) return shares.map(() => total);", replacement: "false", reason: "a shortcut: one share gets all of it by the rule as well, and none get nothing" },
  { file: "ledger/money.ts", line: "const sizes = amounts.map((amount) => (amount < 0n ? -amount : amount));", replacement: "amount <= 0n", reason: SIGN_OF_ZERO },
  { file: "shares/true-ups.ts", line: "return a < b ? -1 : 1;", replacement: "a <= b", reason: DISTINCT },
  { file: "shares/true-ups.ts", line: "export function trueUpsOf({ trueUps = [], timezone }: Pick<AllocationSettings, \"trueUps\" | \"timezone\">, { from, to }: Span): TrueUp[] {", replacement: '["Stryker was here"]', reason: "a text has no month, so that it is a true-up of no span" },
  { file: "chain/read-chain.ts", line: "const others = [...seenOthers.values()].flatMap((seen) => seen.toSorted((a, b) => a.number - b.number).at(-1) ?? []);", replacement: '["Stryker was here"]', reason: "a group has at least one member, so that there is a last one" },
  { file: "reader/ordinary-reader.ts", line: "#readField(field: Field, into: object): boolean {", replacement: "{}", reason: "what this reader gives up, the other one reads to the same values" },
  { file: "cbor/text-cache.ts", line: "for (let at = start; at < last; at += WORD) if (words[word++] !== view.getInt32(at)) return false;", replacement: "false", reason: "without the step in the condition the last word is compared with the first: no text is found, and each is made anew" },
  { file: "reader/client-text.ts", line: 'return value instanceof UnkeptValue || (value instanceof AlteredText && value.how === "too_long");', replacement: "true", reason: "an item that was read whole is skipped again from its start, and its value stays" },
  { file: "drift/least-squares.ts", line: "return shared === 0n ? combined : combined.map((value) => value / shared);", replacement: "true", reason: "dividing by what all have in common keeps the numbers small; the fractions are the same" },
  { file: "budgets/limit-alerts.ts", line: "const month = dayOf(last < period.from ? period.from : last, period.timezone).slice(0, 7);", replacement: "last <= period.from", reason: "where both are the same instant, either is" },
];
