/** `GOVERNANCE`: an account with a special permission may lift the lock. `COMPLIANCE`: nobody may before it expires. */
export type LockMode = "GOVERNANCE" | "COMPLIANCE";

/** Until when an object can be neither changed nor removed; in whole seconds, as servers store it. */
export interface Retention {
  mode: LockMode;
  until: Date;
}

/** A moment cut to whole seconds, the precision of locks. */
export function wholeSeconds(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / 1000) * 1000);
}

/** An object whose first version is locked, while readers get a different version or none. */
export interface OverwrittenObject {
  key: string;
  /** Whether a delete marker is the current version. */
  isHidden: boolean;
  locked: Protection;
}

/** What keeps an object's current version from being removed. */
export interface Protection {
  retention: Retention | undefined;
  /** Set and released independently of the retention; while it is set, the object cannot be removed. */
  legalHold: boolean;
}

/**
 * The further operations of a store with versions and Object Lock. There, a removal only hides an object and keeps it as an earlier
 * version; only these operations remove bytes.
 */
export interface ObjectLocks {
  /** Whether the bucket was created with Object Lock. The server is asked once. */
  isEnabled(): Promise<boolean>;
  /** The protection of an object's current version. Throws `object_missing`. */
  protectionOf(key: string): Promise<Protection>;
  /** The objects below the prefix whose first version is locked and whose current version has different bytes. Lists all versions. */
  overwritten(prefix: string): AsyncIterable<OverwrittenObject>;
  /** Locks the current version of an object for longer, or more strictly, than before; stores refuse a weaker lock. */
  prolong(key: string, retention: Retention): Promise<void>;
  setLegalHold(key: string, on: boolean): Promise<void>;
  /** Removes the object with all its versions. Throws `object_locked` where one of them is protected, and then removes none. */
  erase(key: string): Promise<void>;
  /** Removes the versions before the current one. Throws `object_locked` as `erase` does. */
  eraseEarlier(key: string): Promise<void>;
}
