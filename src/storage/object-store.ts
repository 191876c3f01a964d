import type { ObjectLocks, Retention } from "./object-locks.ts";

/** An object as a listing or a write reports it. */
export interface ObjectEntry {
  /** Relative to the store's root, parts separated by `/`. */
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the content does; opaque, comparable for equality within one store only. */
  etag: string;
  /** After a write to a server: by this machine's clock, which a listing may report a moment off. */
  lastModified: Date;
}

/** What an object is written from: bytes in memory, or a local file of any size. */
export type ObjectBody = Uint8Array | { file: string };

/** First and last byte wanted, both included, counted from 0. */
export interface ByteRange {
  first: number;
  last: number;
}

/** Something below a store's root that a listing cannot show as an object. */
export interface Unlistable {
  /** As far as it can be told; ends with a slash for a folder that cannot be looked into. */
  key: string;
  problem: string;
  /** Whether it is there and readable, and neither a file nor a folder: a pipe, a socket, a device. */
  isOdd?: true;
}

/** What a download left on disk. */
export interface Download {
  size: number;
  /** Lower-case hex. */
  sha256: string;
  etag: string;
}

/**
 * How two writers of one key are kept apart. `create-only`: the store refuses the second. `first version`: of the versions that it
 * keeps of both the first one stays. `single writer`: it can do neither, so that one process at a time writes.
 */
export type WritingMode = "create-only" | "first version" | "single writer";

/**
 * Objects under a root: the one way in which anything is kept.
 * Every method throws a `LedgerError` that names the store and the key; `retryable` says whether trying again can help.
 * Writes are atomic: a reader sees the old object, or none, or the new one, whole.
 */
export interface ObjectStore {
  /** The root, for messages: free of credentials. */
  readonly url: string;

  /** Where objects have versions and may be locked; undefined for stores that know neither. */
  readonly locks?: ObjectLocks | undefined;

  /** What time it is by the store's own clock; left out, or undefined, where it has none but this machine's. */
  serverTime?(): Promise<Date | undefined>;

  /**
   * Finds out how writers are kept apart, and where there may be only one claims the store for this process. Undefined for stores that
   * are all `create-only`. Throws `writer_busy` where another process writes.
   */
  prepareWrites?(): Promise<WritingMode>;

  /**
   * All objects whose key starts with `prefix`, in byte order of their keys; with `after`, those behind that key.
   * Ends only after the last one: a listing that breaks off throws (`listing_incomplete`).
   * A directory that does not exist yet is empty; a bucket that does not exist throws (`bucket_missing`).
   * @param tell told of what cannot be listed, which is passed over then instead of throwing: of the rest nothing is missing.
   */
  list(prefix: string, after?: string, tell?: (place: Unlistable) => void): AsyncIterable<ObjectEntry>;

  /** The same as `list`, asked of the server in pages of so many: with few objects it shows whether listings of many can be relied on. */
  listInPages?(prefix: string, pageSize: number): AsyncIterable<ObjectEntry>;

  /** `undefined` when there is no such object. */
  head(key: string): Promise<ObjectEntry | undefined>;

  /**
   * The whole object, or what it has of the range: nothing when that begins past the end.
   * Throws `object_missing`. For small objects: it is held in memory.
   */
  read(key: string, range?: ByteRange): Promise<Uint8Array>;

  /**
   * Copies an object to a local file, in constant memory.
   * Leaves no file when it fails. Throws `object_missing`, and `object_changed` when it no longer has the ETag that was expected.
   */
  download(key: string, file: string, expectedEtag?: string): Promise<Download>;

  /**
   * Writes a new object; `undefined` when one of that key exists, which is then left as it is.
   * @param retention set with the write itself; only where `locks` says that it can be (`storage_refused` elsewhere).
   */
  create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined>;

  /** Writes an object, whether or not there was one before. @param retention as for `create`. */
  replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry>;

  /** Removes an object; nothing happens when there is none. */
  remove(key: string): Promise<void>;
}
