import { DeleteObjectCommand, HeadBucketCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { checkForeignKey, checkKey, checkPrefix, type KeyRules, TEMPORARY_PREFIX } from "../object-keys.ts";
import type { ByteRange, Download, ObjectBody, ObjectEntry, ObjectStore, WritingMode } from "../object-store.ts";
import type { ObjectLocks, Retention } from "../object-locks.ts";
import { openS3Target, type S3Target } from "./s3-client.ts";
import { createAlone } from "./s3-create-alone.ts";
import { createFirst } from "./s3-create-versioned.ts";
import { downloadObject, readObject } from "./s3-download.ts";
import { entryOf } from "./s3-entry.ts";
import { bucketMissing, s3Error, statusOf } from "./s3-errors.ts";
import { listObjects } from "./s3-list.ts";
import { S3Locks } from "./s3-locks.ts";
import { serverTime } from "./s3-server-time.ts";
import { createObject, replaceObject } from "./s3-upload.ts";
import { findWriting, type Writing } from "./s3-writing.ts";
import type { S3Location } from "../store-location.ts";

/** Opens a store in a bucket; asks the server nothing yet. Throws `url_invalid` for an endpoint variable that is not a url. */
export async function openS3Store(location: S3Location, rules: KeyRules = "own"): Promise<ObjectStore> {
  return new S3Store(await openS3Target(location), rules);
}

/** Objects below a prefix in a bucket of S3 or of a compatible server. */
class S3Store implements ObjectStore {
  readonly url: string;
  readonly #target: S3Target;
  readonly #locks: S3Locks;
  readonly #rules: KeyRules;
  #bucketSeen = false;
  #writing: Promise<Writing> | undefined;

  /** @param rules for the keys that are read; the ledger chooses the keys that it writes. */
  constructor(target: S3Target, rules: KeyRules = "own") {
    this.url = target.url;
    this.#target = target;
    this.#rules = rules;
    this.#locks = new S3Locks(target);
  }

  get locks(): ObjectLocks {
    return this.#locks;
  }

  async serverTime(): Promise<Date | undefined> {
    return await serverTime(this.#target);
  }

  async *list(prefix: string, after?: string): AsyncGenerator<ObjectEntry> {
    if (this.#rules === "own") checkPrefix(this.url, prefix);
    for await (const entry of listObjects(this.#target, prefix, after)) {
      if (this.#rules === "foreign" || !isTemporary(entry.key)) yield entry;
    }
  }

  async *listInPages(prefix: string, pageSize: number): AsyncGenerator<ObjectEntry> {
    checkPrefix(this.url, prefix);
    yield* listObjects(this.#target, prefix, undefined, pageSize);
  }

  async head(key: string): Promise<ObjectEntry | undefined> {
    const { client, bucket, root } = this.#target;
    this.#checkReadable(key);
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: root + key }));
      return entryOf(this.#target, key, { ...found, Size: found.ContentLength });
    } catch (error) {
      if (statusOf(error) !== 404) throw s3Error(error, this.#target, `look at ${JSON.stringify(key)}`, key);
      await this.#checkBucket();
      return undefined;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Uint8Array> {
    this.#checkReadable(key);
    return readObject(this.#target, key, range);
  }

  async download(key: string, file: string, expectedEtag?: string): Promise<Download> {
    this.#checkReadable(key);
    return downloadObject(this.#target, key, file, expectedEtag);
  }

  async create(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
    checkKey(this.url, key);
    if (retention !== undefined) await this.#locks.requireEnabled(key);
    const writing = await this.#howToWrite();
    switch (writing.mode) {
      case "create-only":
        return await createObject(this.#target, key, body, { retention });
      case "first version":
        return await createFirst(this.#target, key, body, retention);
      case "single writer":
        return await createAlone(this.#target, writing.writer, key, body, retention);
      default:
        return writing satisfies never;
    }
  }

  async replace(key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry> {
    checkKey(this.url, key);
    if (retention !== undefined) await this.#locks.requireEnabled(key);
    return await this.#asWriter(() => replaceObject(this.#target, key, body, retention));
  }

  async remove(key: string): Promise<void> {
    const { client, bucket, root } = this.#target;
    checkKey(this.url, key);
    try {
      await this.#asWriter(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: root + key })));
    } catch (error) {
      const reason = s3Error(error, this.#target, `remove ${JSON.stringify(key)}`, key);
      if (reason.code !== "object_missing") throw reason;
    }
  }

  #checkReadable(key: string): void {
    if (this.#rules === "own") checkKey(this.url, key);
    else checkForeignKey(this.url, key);
  }

  async prepareWrites(): Promise<WritingMode> {
    return (await this.#howToWrite()).mode;
  }

  async #howToWrite(): Promise<Writing> {
    this.#writing ??= findWriting(this.#target);
    try {
      const writing = await this.#writing;
      if (writing.mode !== "single writer" && writing.isAssumed === true) this.#writing = undefined;
      return writing;
    } catch (error) {
      // A failure is not remembered as an answer.
      this.#writing = undefined;
      throw error;
    }
  }

  async #asWriter<T>(write: () => Promise<T>): Promise<T> {
    const writing = await this.#howToWrite();
    if (writing.mode !== "single writer") return await write();
    await writing.writer.hold();
    return await writing.writer.during(write);
  }

  /** The answer to HEAD does not say whether the object or the bucket is missing; asked once, since buckets stay. */
  async #checkBucket(): Promise<void> {
    if (this.#bucketSeen) return;
    const { client, bucket } = this.#target;
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket }));
      this.#bucketSeen = true;
    } catch (error) {
      if (statusOf(error) === 404) throw bucketMissing(this.#target, error);
      throw s3Error(error, this.#target, "look at the bucket");
    }
  }
}

/** Names that file stores leave out of listings too. */
function isTemporary(key: string): boolean {
  return key.startsWith(TEMPORARY_PREFIX) || key.includes(`/${TEMPORARY_PREFIX}`);
}
