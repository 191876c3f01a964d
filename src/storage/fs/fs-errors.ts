import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { keyInvalid } from "../object-keys.ts";

/** What was being done, for the message: `cannot <attempted>`. */
export interface FsAttempt {
  url: string;
  /** Key of the object concerned, if any. */
  key?: string | undefined;
  attempted: string;
}

/** The system's code of an error (`ENOENT`, …), if it is one of the system's. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Whether the path does not lead to a file: it does not exist, or one of its parents is a file. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Turns an error of the file system into one that says what failed, where, and what to do. */
export function fsError(error: unknown, { url, key, attempted }: FsAttempt): LedgerError {
  if (error instanceof LedgerError) return error;
  const message = `${url}: cannot ${attempted}: ${messageOf(error)}`;
  switch (systemCode(error) ?? "") {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new LedgerError("storage_full", message, {
        remedy: "Free space on this file system, or raise the quota or the limit of file sizes; nothing was changed.",
        cause: error,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new LedgerError("storage_denied", message, {
        remedy: "Give the user that runs this the right to read and write there, and mount it writable.",
        cause: error,
      });
    case "EIO":
    case "ESTALE":
    case "ETIMEDOUT":
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
    case "EBUSY":
    case "EHOSTDOWN":
      return new LedgerError("storage_unavailable", message, {
        remedy: "Try again; if it persists, check the disk or the network file system.",
        retryable: true,
        cause: error,
      });
    case "ENAMETOOLONG":
      if (key !== undefined) return keyInvalid(url, key, "one of its parts is too long for the file system", error);
      break;
    default:
      break;
  }
  return new LedgerError("storage_refused", message, {
    remedy: "Check what is at that path: an object needs a directory around it, and no directory may have its name.",
    cause: error,
  });
}
