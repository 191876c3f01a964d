import { TextCache } from "../reader/cbor/text-cache.ts";
import type { CborCursor } from "../reader/cbor/cbor-cursor.ts";
import { BYTES, MAP, TEXT } from "../reader/cbor/cbor-head.ts";
import { NOT_ALL_HERE } from "../reader/cbor/cbor-value.ts";
import { readValueOf } from "../reader/cbor/read-value.ts";
import { StringPieces } from "../reader/cbor/string-pieces.ts";
import { termsOfAnswer } from "../reader/capture-terms.ts";
import type { Field, FieldTable } from "../reader/field-table.ts";
import { ANSWER, ProjectedAnswer, ProjectedTool, ScannedAnswer, TOOL } from "../reader/projection.ts";
import { plainName } from "../reader/recorded-tools.ts";
import type { Terms } from "../../ledger/usage/terms.ts";
import { ItemCopier, type Reading } from "./item-copier.ts";

/** The names in one tool of a capture. */
export interface KeptTool {
  name: string | null;
  server_name: string | null;
}

/** Reads the parts of answers and tools that a copy without bodies keeps, with the field tables of the reader. Writes nothing. */
export class KeptNames {
  readonly #cursor: CborCursor;
  readonly #items: ItemCopier;
  readonly #pieces = new StringPieces();
  readonly #texts = new TextCache();

  constructor(cursor: CborCursor) {
    this.#cursor = cursor;
    this.#items = new ItemCopier(cursor, () => undefined);
  }

  /** The terms in the answer whose head was read last. */
  *readAnswer(): Reading<Terms> {
    const { major } = this.#cursor;
    if (major === MAP) {
      const answer = new ProjectedAnswer();
      yield* this.#readMap(ANSWER, answer);
      return termsOfAnswer(answer);
    }
    if (major !== TEXT && major !== BYTES) {
      yield* this.#items.pass();
      return termsOfAnswer(undefined);
    }
    const scanned = new ScannedAnswer();
    this.#pieces.start(this.#cursor);
    while (!this.#pieces.run(this.#cursor, (bytes) => scanned.scanner.push(bytes))) yield;
    return termsOfAnswer(scanned);
  }

  /** The names in the tool whose head was read last. */
  *readTool(): Reading<KeptTool> {
    const tool = new ProjectedTool();
    if (this.#cursor.major === MAP) yield* this.#readMap(TOOL, tool);
    else yield* this.#items.pass();
    return { name: plainName(tool.name), server_name: plainName(tool.server_name) };
  }

  *#readMap({ fields }: FieldTable, into: object): Reading {
    yield* this.#items.readMap((name) => this.#readEntry(fields.find((one) => one.name === name), into));
  }

  *#readEntry(field: Field | undefined, into: object): Reading {
    yield* this.#items.copy();
    yield* this.#items.readItemHead();
    if (field === undefined) return yield* this.#items.pass();
    if (field.fields !== undefined && this.#cursor.major === MAP) {
      const inner = field.create();
      field.keep(into, inner);
      return yield* this.#readMap(field.fields, inner);
    }
    return yield* this.#readValue(field, into);
  }

  *#readValue(field: Field, into: object): Reading {
    const cursor = this.#cursor;
    for (;;) {
      const { at } = cursor;
      const value = readValueOf(cursor, field, this.#texts);
      if (value !== NOT_ALL_HERE) {
        field.keep(into, value);
        if (cursor.at === at) yield* this.#items.pass();
        return;
      }
      cursor.at = at;
      yield;
    }
  }
}
