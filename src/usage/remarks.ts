/** What was done to a value that decides nothing, so that its request could count: replaced what is no UTF-8, cut, or left out. */
export const ALTERATIONS = ["not_utf8", "too_long", "wrong_type"] as const;
export type AlterationKind = (typeof ALTERATIONS)[number];

export interface Alteration {
  /** A path, as rejections name fields. */
  field: string;
  kind: AlterationKind;
}

/** What reading a request found that is to be told and changes nothing of it. */
export interface Remarks {
  altered: readonly Alteration[];
  /** Keys of the record and of its `usage` (as `usage.…`) that nobody knows; safe to show. */
  unknownKeys: readonly string[];
}

export const NO_REMARKS: Remarks = { altered: [], unknownKeys: [] };
