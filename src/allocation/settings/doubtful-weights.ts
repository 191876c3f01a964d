import type { AllocationSettings, Weights } from "./settings.ts";

/** Weights that look like shares of a whole but do not add up to it. */
export interface DoubtfulWeights {
  /** Position in the configuration. */
  where: string;
  /** Sum of the weights. */
  sum: number;
  /** 100 for per cent, 1 for fractions. */
  whole: 100 | 1;
}

/** Weights have at most three decimals. */
const THOUSANDTHS = 1000;
/** If the sum differs from the whole by more than a quarter, nobody meant shares of it. */
const MOST_DIFFERENCE = 0.25;

/** Finds weights to ask about. They are not mistakes: any sum is allowed, since each weight is a part of the sum. */
export function findDoubtfulWeights({ rules, pools, charges = [] }: Pick<AllocationSettings, "rules" | "pools" | "charges">): DoubtfulWeights[] {
  const written: { where: string; weights: Weights | string | undefined }[] = [
    ...rules.map(({ name, split }, index) => ({ where: name === undefined ? `allocation.rules[${String(index)}]` : `the rule ${name}`, weights: split })),
    ...pools.map(({ name, spread }) => ({ where: `the pool ${name}`, weights: spread })),
    ...charges.map(({ name, spread }) => ({ where: `the charge ${name}`, weights: spread })),
  ];
  return written.flatMap(({ where, weights }) => (weights === undefined || typeof weights === "string" ? [] : judge(where, [...weights.values()])));
}

function judge(where: string, weights: readonly number[]): DoubtfulWeights[] {
  // Equal weights are equal shares, whatever their sum: 33, 33, 33.
  if (new Set(weights).size < 2) return [];
  const sum = weights.reduce((total, weight) => total + Math.round(weight * THOUSANDTHS), 0) / THOUSANDTHS;
  const whole = weights.every((weight) => weight <= 1) ? 1 : 100;
  return sum === whole || Math.abs(sum - whole) > MOST_DIFFERENCE * whole ? [] : [{ where, sum, whole }];
}

/** `the weights of the pool CI come to 90: should they come to 100?` */
export function askAboutWeights({ where, sum, whole }: DoubtfulWeights): string {
  return `the weights of ${where} come to ${String(sum)}: should they come to ${String(whole)}?`;
}

export const WEIGHTS_REMEDY = "each team pays its part of the sum; correct the weights if they were meant as shares of the whole";
