import { createHash } from "node:crypto";
import type { FindText } from "./search-criteria.ts";

/** Each takes some hundred bytes. */
const MOST_REMEMBERED = 100_000;
/** Shorter texts are searched faster than they are recognised. */
const SHORT = 200;

/** Recognises texts in which nothing was found: requests repeat the conversation before them, and an expression takes far longer than a hash. */
export function rememberMisses(find: FindText): FindText {
  const misses = new Set<string>();
  return (text) => {
    if (text.length < SHORT) return find(text);
    const id = createHash("sha256").update(text).digest("base64");
    if (misses.has(id)) return undefined;
    const found = find(text);
    if (found === undefined) misses.add(id);
    if (misses.size > MOST_REMEMBERED) misses.clear();
    return found;
  };
}
