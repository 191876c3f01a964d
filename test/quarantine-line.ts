/** A line of a quarantine file, as docs/tables.md describes it. */
export interface QuarantineLine {
  instance: string;
  export: string;
  position: number;
  offset: number;
  length: number;
  reason: string;
  field: string | null;
  cost_usd: string | null;
  caller: string | null;
  cbor_zstd: string;
  sha256: string;
}
