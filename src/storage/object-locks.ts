/** `GOVERNANCE`: whoever has a permission of its own may lift it. `COMPLIANCE`: nobody may, until it is over. */
export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** Until when an object can be neither changed nor removed; whole seconds, since servers keep no finer ones. */
export interface Retention {
  mode: LockMode;
  until: Date;
}

/** The second in which a moment lies: no lock is finer. */
export function wholeSeconds(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / 1000) * 1000);
}

/** An object whose first version is locked while another one, or nothing, is what whoever asks for it gets. */
export interface OverwrittenObject {
  key: string;
  /** Whether a delete marker is the current version. */
  isHidden: boolean;
  locked: Protection;
}

/** What keeps an object's current version from being removed. */
export interface Protection {
  retention: Retention | undefined;
  /** Set and taken off on its own; while it is set, nothing else lets the object go. */
  legalHold: boolean;
}

/**
 * What a store with versions and Object Lock can do besides. A removal there hides an object and keeps it as an earlier
 * version; only what is said here takes bytes away.
 */
export interface ObjectLocks {
  /** Whether the bucket was made with Object Lock. Asked once. */
  isEnabled(): Promise<boolean>;
  /** Of the current version. Throws `object_missing`. */
  protectionOf(key: string): Promise<Protection>;
  /** Those below the prefix whose current version has other bytes than their first, which is locked now. Lists all versions. */
  overwritten(prefix: string): AsyncIterable<OverwrittenObject>;
  /** Locks the current version of what is there, for longer or more firmly than before; stores refuse less. */
  prolong(key: string, retention: Retention): Promise<void>;
  setLegalHold(key: string, on: boolean): Promise<void>;
  /** Removes the object with all its versions. Throws `object_locked` where one of them is protected; then all are still there. */
  erase(key: string): Promise<void>;
  /** Removes the versions before the current one. Throws `object_locked` as `erase` does. */
  eraseEarlier(key: string): Promise<void>;
}
