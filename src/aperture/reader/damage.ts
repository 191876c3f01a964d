/** Why an export file could not be read completely. */
export type DamageCode =
  | "empty_object"
  | "not_zstd"
  | "zstd_corrupt"
  | "zstd_window_too_large"
  | "zstd_truncated"
  | "cbor_malformed"
  | "cbor_truncated"
  | "cbor_too_deep"
  | "no_export";

/** Records before the damage count; the bytes after it are only kept in the archive. */
export interface Damage {
  code: DamageCode;
  message: string;
  /** Bytes into the decompressed content, or into the object itself for the `zstd` codes and `empty_object`. */
  offset: number;
}

/** Thrown inside the reader where reading cannot go on; it never leaves `readExport`. */
export class DamageFound extends Error {
  readonly damage: Damage;

  constructor(code: DamageCode, offset: number, message: string) {
    super(message);
    this.damage = { code, message, offset };
  }
}
