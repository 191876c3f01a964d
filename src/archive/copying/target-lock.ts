import type { Protection, Retention } from "../../storage/object-locks.ts";
import { type LockRule, retentionFrom } from "../copies/create-locked.ts";
import type { RetentionPromise } from "../copies/receipt.ts";
import { DAY_MS } from "../../ledger/durations.ts";

/** The reasons to lock a copy. */
interface LockReasons {
  key: string;
  /** What the source reports; undefined if it cannot lock. */
  source: Protection | undefined;
  /** What the chain promises. */
  promise: RetentionPromise | null;
  /** `archive.lock`. */
  rule: LockRule | undefined;
}

/** The lock of a copy: as strict as the strictest reason and as long as the longest; undefined if none is in force. */
export function targetLock({ key, source, promise, rule }: LockReasons, now: Date): Retention | undefined {
  const promised: Retention | undefined = promise === null ? undefined : { mode: promise.mode, until: new Date(promise.until) };
  const reasons = [source?.retention, promised, ruled(key, rule, now)].filter((one) => one !== undefined && one.until > now);
  return reasons.reduce<Retention | undefined>((all, one) => (one === undefined ? all : stronger(all, one)), undefined);
}

function stronger(one: Retention | undefined, other: Retention): Retention {
  if (one === undefined) return other;
  const mode = one.mode === "COMPLIANCE" || other.mode === "COMPLIANCE" ? "COMPLIANCE" : "GOVERNANCE";
  return { mode, until: one.until > other.until ? one.until : other.until };
}

/** The rule counts from when an object was made: at the latest at the end of the day that its key names. */
function ruled(key: string, rule: LockRule | undefined, now: Date): Retention | undefined {
  const [, year, month, day] = /\/(\d{4})[-/](\d\d)[-/](\d\d)/.exec(key) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return retentionFrom(rule, new Date(Date.parse(`${year}-${month}-${day}T00:00:00Z`) + DAY_MS), now);
}
