/** Stable codes that scripts and alerts may match on; a code never changes its meaning. */
export type ErrorCode =
  | "usage"
  | "config_unreadable"
  | "config_invalid"
  | "file_exists"
  | "url_invalid"
  | "key_invalid"
  | "object_missing"
  | "object_changed"
  | "object_too_large"
  | "bucket_missing"
  | "storage_denied"
  | "storage_unavailable"
  | "storage_full"
  | "storage_refused"
  | "listing_incomplete"
  | "writer_busy"
  | "manifest_unreadable"
  | "archive_conflict"
  | "archive_broken"
  | "object_locked"
  | "lock_not_kept"
  | "clock_doubtful"
  | "on_hold"
  | "hold_unknown"
  | "key_missing"
  | "key_unusable"
  | "gateway_config_unreadable"
  | "gateway_config_invalid"
  | "gateway_prices_unreadable"
  | "gateway_prices_invalid"
  | "gateway_quotas_unreadable"
  | "gateway_quotas_invalid"
  | "file_unwritable"
  | "day_build_failed"
  | "exports_failed"
  | "month_empty"
  | "allocation_failed"
  | "allocation_differs"
  | "close_refused"
  | "closed_file_altered"
  | "corrections_differ"
  | "settings_differ"
  | "listen_failed"
  | "alerts_failed"
  | "bill_invalid"
  | "proofs_invalid"
  | "bill_fetch_failed"
  | "no_rate"
  | "month_closed"
  | "alert_undelivered"
  | "deliveries_failed"
  | "report_undelivered";

export interface ErrorDetails {
  /** What the reader of the message can do about it. */
  remedy: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  retryable?: boolean;
  cause?: unknown;
}

/** An error that names the thing and the value in its message, and the way out in `remedy`. */
export class LedgerError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "LedgerError";
    this.code = code;
    this.remedy = details.remedy;
    this.retryable = details.retryable ?? false;
  }
}

/** Codes of mistakes in the call or the configuration: the command line exits with 2 instead of 1. */
const CALLER_MISTAKES: ReadonlySet<ErrorCode> = new Set([
  "usage",
  "config_unreadable",
  "config_invalid",
  "file_exists",
  "file_unwritable",
  "bill_invalid",
  "proofs_invalid",
  "no_rate",
  "month_closed",
  "hold_unknown",
  "key_missing",
  "key_unusable",
  "url_invalid",
]);

/** A key's service that cannot be reached is nobody's mistake, although the key cannot be used. */
export function isCallerMistake(error: unknown): boolean {
  if (!(error instanceof LedgerError) || (error.code === "key_unusable" && error.retryable)) return false;
  return CALLER_MISTAKES.has(error.code);
}

/**
 * A url for messages, without its parameters and without everything before an @ (a password may contain slashes and
 * further @).
 */
export function showUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/*)?.*@/is, "$1***@").replace(/\?.*/s, "?***");
}

/** The message of anything thrown, for quoting inside another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
