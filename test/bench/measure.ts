/** Figures of one kind, one a round. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Not a number where there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Each of `these` by that of `those` from the same round: a machine that is slow for a while is slow for both. */
export function ratios(these: readonly number[], those: readonly number[]): number[] {
  return these.map((value, round) => value / (those[round] ?? NaN));
}

/** Measures one thing once. */
export type Measurement = () => Promise<number>;

/** Lets all of them take turns, every other round the other way round, so that none always follows the same one. */
export async function inRounds<Name extends string>(
  rounds: number,
  measurements: Readonly<Partial<Record<Name, Measurement>>>,
): Promise<Partial<Record<Name, number[]>>> {
  const names = Object.keys(measurements) as Name[];
  const values: Partial<Record<Name, number[]>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await measurements[name]?.();
      if (value !== undefined) (values[name] ??= []).push(value);
    }
  }
  return values;
}
