import { type Alteration, type AlterationKind, NO_REMARKS, NO_UNKNOWN_COUNTS, type Remarks } from "../../ledger/usage/recorded-request.ts";
import { AlteredText, type CborValue } from "./cbor/cbor-value.ts";
import { EnteredMap } from "./projection.ts";
import { safeName, type UnknownKeys } from "./unknown-keys.ts";

/** Reads the values that cannot lead to a rejection, and notes which of them were altered. */
export class LenientValues {
  #altered: Alteration[] | undefined = undefined;
  #unknownKeys: string[] | undefined = undefined;

  /** Call this before reading the values of a record. */
  begin(): void {
    this.#altered = undefined;
    this.#unknownKeys = undefined;
  }

  add(field: string, kind: AlterationKind): void {
    (this.#altered ??= []).push({ field, kind });
  }

  /** The text, possibly altered; null where the field is absent. */
  textOrNull(value: CborValue, field: string): string | null {
    if (typeof value === "string") return value;
    if (value instanceof AlteredText) {
      this.add(field, value.how);
      return value.text;
    }
    return this.#noneOf(value, field);
  }

  wholeNumberOrNull(value: CborValue, field: string): number | null {
    return typeof value === "number" && Number.isSafeInteger(value) ? value : this.#noneOf(value, field);
  }

  mapOrUndefined<Fields extends EnteredMap>(value: Fields | CborValue, field: string): Fields | undefined {
    if (value instanceof EnteredMap) return value;
    this.#noneOf(value, field);
    return undefined;
  }

  /** Unknown counts above 0, by name. */
  unknownCounts(usage: UnknownKeys | undefined): ReadonlyMap<string, number> {
    if (usage === undefined) return NO_UNKNOWN_COUNTS;
    const counts = new Map<string, number>();
    for (const [key, count] of usage.counts) {
      const name = safeName(key);
      (this.#unknownKeys ??= []).push(`usage.${name}`);
      if (count > 0) counts.set(name, Math.min((counts.get(name) ?? 0) + count, Number.MAX_SAFE_INTEGER));
    }
    return counts;
  }

  /** All remarks. @param record unknown keys of the record itself. */
  of(record: UnknownKeys | undefined): Remarks {
    for (const key of record?.counts.keys() ?? []) (this.#unknownKeys ??= []).push(safeName(key));
    if (this.#altered === undefined && this.#unknownKeys === undefined) return NO_REMARKS;
    return { altered: this.#altered ?? NO_REMARKS.altered, unknownKeys: this.#unknownKeys ?? NO_REMARKS.unknownKeys };
  }

  /** Null, with a remark unless the field is absent. */
  #noneOf(value: unknown, field: string): null {
    if (value !== undefined && value !== null) this.add(field, "wrong_type");
    return null;
  }
}
