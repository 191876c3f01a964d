import { inventText } from "./filler-text.ts";
import { Random } from "./random.ts";

export interface Turn {
  question: Uint8Array;
  answer: Uint8Array;
}

/** Enough for the sessions that go on at the same time (`Sessions`), with room for a late record's. */
const KEPT = 8;

/** The texts of the conversations, made from their seeds: forgotten when not in use, and made again when asked for. */
export class Conversations {
  readonly #kept = new Map<number, { random: Random; turns: Turn[] }>();

  /** The first `count` turns. */
  turns(seed: number, count: number): readonly Turn[] {
    const conversation = this.#kept.get(seed) ?? { random: new Random(seed), turns: [] };
    // A map keeps the order of insertion: taking the entry out and putting it in again makes it the newest.
    this.#kept.delete(seed);
    this.#kept.set(seed, conversation);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    while (conversation.turns.length < count) conversation.turns.push(inventTurn(conversation.random));
    return conversation.turns.slice(0, count);
  }
}

/** A question contains the answers of tools, and is longer than its reply. */
function inventTurn(random: Random): Turn {
  return {
    question: inventText(random, random.integer(2_000, 14_000)),
    answer: inventText(random, random.integer(500, 5_000)),
  };
}

/** What agents say before every conversation: rules and descriptions of tools, the same for all. */
export const SYSTEM_PROMPT = inventText(new Random("system prompt"), 24_000);
