import { canLock } from "../../archive/copies/protection.ts";
import { addDuration, parseDuration } from "../../archive/retention/duration.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openArchive } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

const CHECK = "archive";

/** Checks whether the archive is write-once, and whether its retention rules can be followed. */
export async function findInArchive(config: Config, now: Date): Promise<Finding[]> {
  if (config.archive.url === undefined && config.lake === undefined) return [];
  const archive = await openArchive(config);
  const lockable = await canLock(archive).catch((error: unknown) => askedInVain(config, error));
  if (typeof lockable !== "boolean") return [lockable];
  return [describeLock(config, archive, lockable), ...(lockable ? [...findVersions(config), ...findTooEarly(config, now)] : [])];
}

/** Without archive.lock nothing depends on the answer, and the account may lack the right to ask. */
function askedInVain({ archive: { lock } }: Config, error: unknown): Finding {
  if (lock !== undefined || !(error instanceof LedgerError)) throw error;
  return { check: CHECK, state: "attention", finding: `it is unknown whether it is write-once: ${error.message}`, remedy: error.remedy };
}

function describeLock({ archive: { lock } }: Config, { url }: ObjectStore, lockable: boolean): Finding {
  if (lockable && lock !== undefined) return { check: CHECK, state: "ok", finding: `write-once: Object Lock, ${lock.mode} for ${lock.retain}` };
  const finding = `${url} is not write-once: anyone with write access can alter it`;
  if (lockable) return { check: CHECK, state: "attention", finding, remedy: "the bucket has Object Lock: set archive.lock, such as {mode: COMPLIANCE, retain: 7 years}" };
  const remedy = `make a bucket with Object Lock, and name it in archive.url${lock === undefined ? ", with archive.lock" : ": archive.lock has no effect here"}`;
  return { check: CHECK, state: "attention", finding, remedy };
}

/** Buckets with Object Lock keep what is replaced, and tables are replaced often. */
function findVersions({ archive, lake }: Config): Finding[] {
  if (lake === undefined || archive.url !== undefined) return [];
  return [
    {
      check: CHECK,
      state: "attention",
      finding: "the lake is in a bucket with versions, which keeps every table that is replaced",
      remedy: "give the copies a bucket of their own with archive.url, or let a lifecycle rule expire noncurrent versions",
    },
  ];
}

/** Rules of retention that end before the lock does. @param now to compare spans of days with spans of months. */
function findTooEarly({ archive: { lock, retention } }: Config, now: Date): Finding[] {
  const retain = parseDuration(lock?.retain ?? "");
  if (retain === undefined) return [];
  const locked = addDuration(now, retain);
  return retention.flatMap(({ content, keep }): Finding[] => {
    const span = parseDuration(keep);
    if (span === undefined || addDuration(now, span) >= locked) return [];
    return [
      {
        check: CHECK,
        state: "attention",
        finding: `${content} kept for ${keep} cannot be removed before ${retain.text} have passed, because copies are locked that long`,
        remedy: "lock copies for no longer than the shortest rule of archive.retention, or keep them longer",
      },
    ];
  });
}
