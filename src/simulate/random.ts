import { createHash } from "node:crypto";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** The only source of chance in a simulation: one seed, one sequence, on every machine. */
export class Random {
  readonly #generator;

  constructor(seed: string | number) {
    this.#generator = xoroshiro128plus(typeof seed === "number" ? seed : numberOf(seed));
    // The first outputs of neighbouring seeds resemble each other.
    for (let skipped = 0; skipped < 16; skipped += 1) this.#generator.next();
  }

  /** From 0 up to, not including, 1. */
  unit(): number {
    return (this.#generator.next() >>> 0) / 0x1_0000_0000;
  }

  /** A whole number, both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** A whole number of 32 bits, for seeding another sequence. */
  seed(): number {
    return this.#generator.next();
  }

  /** Eight hexadecimal digits. */
  hex(): string {
    return (this.#generator.next() >>> 0).toString(16).padStart(8, "0");
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.unit() * choices.length)] ?? choices[0];
  }

  pickWeighted<T extends { weight: number }>(choices: readonly [T, ...T[]]): T {
    let left = this.unit() * choices.reduce((sum, { weight }) => sum + weight, 0);
    return choices.find((choice) => (left -= choice.weight) < 0) ?? choices[0];
  }
}

function numberOf(seed: string): number {
  return createHash("sha256").update(seed).digest().readInt32BE(0);
}
