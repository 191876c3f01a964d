import { CborCursor, isBreak } from "../reader/cbor/cbor-cursor.ts";
import { MAP } from "../reader/cbor/cbor-head.ts";
import { SECRET_PATTERNS } from "../reader/secret-patterns.ts";
import { decompressExport } from "../reader/zstd/decompress.ts";
import { ItemCopier, type Reading } from "./item-copier.ts";
import { ItemRedactor } from "./item-redactor.ts";
import { type NamedPattern, type Redactor, redactorOf } from "./redactor.ts";

/** The fields of a capture that go out to the provider. Credentials in headers are meant to. */
const SENT: ReadonlySet<string | undefined> = new Set(["requestBody", "rawRequestBody"]);
/** Patterns for private data that is not a secret, and the mark for a string that a redactor does not search. */
const NO_SECRETS: ReadonlySet<string> = new Set(["mail", "too_large"]);

/** The kinds of secrets that the requests of an export sent, by the position of the record. Records without secrets are absent. */
export type SecretsFound = ReadonlyMap<number, ReadonlySet<string>>;

/**
 * Searches the data that the requests of a local export sent, in constant memory. Only kinds leave this file, never a secret. A damaged export is
 * searched up to the damage.
 * @param patterns in addition to the built-in ones. @param bodies `redact` for a copy whose secrets were replaced: then their marks count.
 */
export async function findSecrets(file: string, patterns: readonly NamedPattern[], bodies: "keep" | "redact"): Promise<SecretsFound> {
  const search = new SecretSearch(bodies === "redact" ? findMarks(patterns) : redactorOf(patterns));
  await decompressExport(file, (bytes) => search.push(bytes));
  return search.found;
}

/** Finds what a redactor left in place of secrets, such as `[api_key]`. */
function findMarks(patterns: readonly NamedPattern[]): Redactor {
  const names = [...SECRET_PATTERNS, ...patterns].map(({ name }) => name.replaceAll(/[^\w]/g, "\\$&"));
  const marks = new RegExp(`\\[(${names.join("|")})\\]`, "g");
  return (text, found) => {
    for (const [, name] of text.matchAll(marks)) if (name !== undefined) found(name);
    return text;
  };
}

class SecretSearch {
  readonly found = new Map<number, Set<string>>();
  readonly #cursor = new CborCursor();
  readonly #items = new ItemCopier(this.#cursor, () => undefined);
  readonly #strings: ItemRedactor;
  readonly #reading: Reading;
  #position = 0;

  constructor(redact: Redactor) {
    this.#strings = new ItemRedactor({ redact, found: (name) => this.#note(name), write: () => undefined, codings: "both" });
    this.#reading = this.#readSequence();
  }

  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    this.#reading.next();
    this.#cursor.keepRest();
  }

  #note(name: string): void {
    if (NO_SECRETS.has(name)) return;
    const kinds = this.found.get(this.#position) ?? new Set<string>();
    this.found.set(this.#position, kinds.add(name));
  }

  *#readSequence(): Reading {
    for (;; this.#position++) {
      yield* this.#items.readHead();
      if (isBreak(this.#cursor)) throw this.#cursor.malformed("a break where a record belongs");
      yield* this.#readMap((name) => (name === "capture" ? this.#readMap((field) => (SENT.has(field) ? this.#search() : this.#items.pass())) : this.#items.pass()));
    }
  }

  /** Passes the item at the cursor, and asks for each value if it is a map. */
  *#readMap(readValue: (name: string | undefined) => Reading): Reading {
    yield* this.#items.readItemHead();
    if (this.#cursor.major !== MAP) return yield* this.#items.pass();
    const items = this.#items;
    return yield* items.readMap(function* (name): Reading {
      yield* items.pass();
      yield* readValue(name);
    });
  }

  *#search(): Reading {
    this.#strings.start();
    while (!this.#strings.run(this.#cursor)) yield;
  }
}
