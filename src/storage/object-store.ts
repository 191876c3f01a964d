import type { ObjectLocks, Retention } from "./object-locks.ts";

/** An object as a listing or a write reports it. */
export interface ObjectEntry {
  /** Relative to the store's root, parts separated by `/`. */
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the content changes. Opaque; compare it for equality within one store only. */
  etag: string;
  /** After a write to a server this is the time of this machine's clock; a listing may report a slightly different time. */
  lastModified: Date;
}

/** The content of an object to write: bytes in memory, or a local file of any size. */
export type ObjectBody = Uint8Array | { file: string };

/** First and last byte of a range, both included, counted from 0. */
export interface ByteRange {
  first: number;
  last: number;
}

/** Something below a store's root that is not an object, or cannot be read. */
export interface Unlistable {
  /** As much of the key as is known; ends with a slash for a folder that cannot be read. */
  key: string;
  problem: string;
  /** Whether it is readable and neither a file nor a folder: a pipe, a socket, a device. */
  isOdd?: true;
}

/** A downloaded file. */
export interface Download {
  size: number;
  /** Lower-case hex. */
  sha256: string;
  etag: string;
}

/**
 * What protects an object from a second writer. `create-only`: the store refuses the second write. `first version`: the store keeps both
 * versions, and the first is restored. `single writer`: the store can do neither, so only one process at a time may write.
 */
export type WritingMode = "create-only" | "first version" | "single writer";

/**
 * Objects below a root. Everything that the ledger keeps is stored through this interface.
 * Every method throws a `LedgerError` that names the store and the key; `retryable` says whether trying again can help.
 * Writes are atomic: a reader sees the old object, no object, or the complete new one.
 */
export interface ObjectStore {
  /** The root, for messages: free of credentials. */
  readonly url: string;

  /** Operations on versions and locks; undefined for stores that have neither. */
  readonly locks?: ObjectLocks | undefined;

  /** The time of the store's own clock; absent or undefined where the store uses this machine's clock. */
  serverTime?(): Promise<Date | undefined>;

  /**
   * Determines what protects objects from a second writer. For a `single writer` store it also claims the store for this process. Absent
   * where the kind of store is always `create-only`. Throws `writer_busy` while another process writes.
   */
  prepareWrites?(): Promise<WritingMode>;

  /**
   * All objects whose key starts with `prefix`, in byte order of their keys; with `after`, only those after that key.
   * Either yields every object or throws (`listing_incomplete`).
   * A directory that does not exist yet is empty; a bucket that does not exist throws (`bucket_missing`).
   * @param tell receives what cannot be listed; the listing then skips it instead of throwing, and is complete otherwise.
   */
  list(prefix: string, after?: string, tell?: (place: Unlistable) => void): AsyncIterable<ObjectEntry>;

  /** Like `list`, but in pages of the given size: few objects then show whether a server pages its listings correctly. */
  listInPages?(prefix: string, pageSize: number): AsyncIterable<ObjectEntry>;

  /** `undefined` when there is no such object. */
  head(key: string): Promise<ObjectEntry | undefined>;

  /**
   * The whole object, or the bytes of the range that exist: none when the range begins after the end.
   * Throws `object_missing`. Only for small objects, since the result is held in memory.
   */
  read(key: string, range?: ByteRange): Promise<Uint8Array>;

  /**
   * Copies an object to a local file, in constant memory.
   * Leaves no file when it fails. Throws `object_missing`, and `object_changed` when the object no longer has the expected ETag.
   */
  download(key: string, file: string, expectedEtag?: string): Promise<Download>;

  /**
   * Writes a new object. Returns `undefined` and changes nothing when an object with that key exists.
   * @param retention locks the object in the same write; only where `locks` allows it (`storage_refused` elsewhere).
   */
  create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined>;

  /** Writes an object and replaces an existing one. @param retention as for `create`. */
  replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry>;

  /** Removes an object; does nothing where it does not exist. */
  remove(key: string): Promise<void>;
}
