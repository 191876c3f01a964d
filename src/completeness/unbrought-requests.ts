/** An hour in which hooks reported more of a gateway's requests than exports brought. */
export interface UnbroughtHour {
  instance: string;
  /** Start of the UTC hour. */
  hour: Date;
  /** Number of requests that hooks reported, each counted once. */
  hooks: number;
  /** Number of requests that exports brought. */
  exports: number;
  missing: number;
  /** Whether requests were matched by their ids, or only counted: Aperture does not document that a hook's `request_id` is an export's `capture_id`. */
  by: "id" | "count";
}

/** The requests of an hour that hooks reported of a gateway, and the requests that exports brought. */
export interface WitnessedHour extends Pick<UnbroughtHour, "hour" | "hooks" | "exports"> {
  /** Requests that hooks reported and whose id is a capture id in the ledger, in whatever hour. */
  known: number;
  /** Requests that exports brought without a capture id. */
  unnamed: number;
}

/**
 * The hours in which requests are missing. If at least one id occurs on both sides, requests are compared by id, and a request that exports brought
 * without an id may be any of its hour. Otherwise requests are only counted: an hour with fewer requests than hooks reported lacks some, unless
 * requests without hooks hide that.
 */
export function findUnbrought(instance: string, hours: readonly WitnessedHour[]): UnbroughtHour[] {
  const by = hours.some(({ known }) => known > 0) ? "id" : "count";
  return hours.flatMap(({ hour, hooks, exports, known, unnamed }) => {
    const missing = hooks - (by === "id" ? known + unnamed : exports);
    return missing <= 0 ? [] : [{ instance, hour, hooks, exports, missing, by }];
  });
}
