import type { Archiving } from "../src/archive/archiving.ts";

/** Copies as they arrived, neither locked nor signed nor purged. */
export const PLAIN_ARCHIVE: Archiving = {
  lock: undefined,
  bodies: { kept: "keep" },
  signingKey: undefined,
  retention: [],
  purge: "dry_run",
  erasureKey: undefined,
  timestamps: undefined,
};
