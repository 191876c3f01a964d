import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";

/** What a seed decides: which request goes wrong and how, who is killed and when. What meets it depends on the machine. */
export class Chance {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return uniformInt(this.#generator, 0, bound - 1);
  }
}
