import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Another one searches elsewhere; failures name it. */
export const SEED = Number(process.env["TAMPERING_SEED"] ?? 20_261_121);

/** The same choices for the same seed. */
export class Chance {
  readonly #generator = xoroshiro128plus(SEED);

  below(count: number): number {
    return uniformInt(this.#generator, 0, count - 1);
  }

  one<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  /** Two that differ, the earlier one first. */
  two<T>(all: readonly T[]): [T, T] {
    const first = this.below(all.length - 1);
    return [all[first]!, all[first + 1 + this.below(all.length - 1 - first)]!];
  }
}
