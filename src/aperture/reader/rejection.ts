import type { CborValue } from "./cbor/cbor-value.ts";
import { UnkeptValue } from "./cbor/cbor-value.ts";
import { EnteredMap } from "./projection.ts";

/** Why a record is quarantined instead of counted. */
export type RejectionReason =
  | "not_a_map"
  | "no_identifier"
  | "id_out_of_range"
  | "no_identity"
  | "timestamp_missing"
  | "timestamp_invalid"
  | "timestamp_out_of_range"
  | "token_count_invalid"
  | "cost_invalid"
  | "wrong_type"
  | "too_large"
  | "too_deep"
  | "not_utf8";

export interface Rejection {
  reason: RejectionReason;
  /** Path of the wrong field, such as `usage.input_tokens`; null when the item itself is wrong. */
  field: string | null;
}

/** Thrown while a record is checked; `checkRecord` always catches it. */
export class RecordRejected extends Error {
  readonly rejection: Rejection;

  constructor(reason: RejectionReason, field: string | null) {
    super(reason);
    this.rejection = { reason, field };
  }
}

/** The rejection of a value of the wrong kind; a value that was not kept brings its own reason. */
export function rejectValue(value: unknown, field: string, reason: RejectionReason = "wrong_type"): RecordRejected {
  return new RecordRejected(value instanceof UnkeptValue ? value.why : reason, field);
}

/** A text, or null where the field is absent. */
export function textOrNull(value: CborValue, field: string): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  throw rejectValue(value, field);
}

/** A whole number between -(2^53 - 1) and 2^53 - 1, or null where the field is absent. */
export function wholeNumberOrNull(value: CborValue, field: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw rejectValue(value, field);
}

/** The map that was entered, or undefined where the field is absent. */
export function mapOrUndefined<Fields extends EnteredMap>(value: Fields | CborValue, field: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof EnteredMap) return value;
  throw rejectValue(value, field);
}
