import { createHash } from "node:crypto";

/** Each takes some hundred bytes. A match that is seen again after that many others is shown again. */
const MOST_KEPT = 100_000;

/** Recognises what was seen before. */
export class SeenBefore {
  readonly #seen = new Set<string>();

  /** Whether it was seen before; from now on it was. */
  note(...parts: readonly (string | null)[]): boolean {
    const id = createHash("sha256").update(JSON.stringify(parts)).digest("base64").slice(0, 22);
    const isKnown = this.#seen.delete(id);
    this.#seen.add(id);
    if (this.#seen.size > MOST_KEPT) for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
    return isKnown;
  }
}
