import { HeadObjectCommand } from "@aws-sdk/client-s3";
import type { Retention } from "../object-locks.ts";
import type { ObjectBody, ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { replaceObject } from "./s3-upload.ts";
import type { SingleWriter } from "../single-writer.ts";

/** Writes of this process to the same key run one after another. */
const queues = new Map<string, Promise<unknown>>();

/** Writes an object unless it exists, where this process is the only writer and the server does not support conditions. */
export async function createAlone(target: S3Target, writer: SingleWriter, key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
  const place = JSON.stringify([target.server, target.bucket, target.root + key]);
  const before = queues.get(place) ?? Promise.resolve();
  const result = before.then(() => createIfMissing(target, writer, key, body, retention));
  const settled = result.catch(() => undefined);
  queues.set(place, settled);
  try {
    return await result;
  } finally {
    if (queues.get(place) === settled) queues.delete(place);
  }
}

async function createIfMissing(target: S3Target, writer: SingleWriter, key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
  do {
    await writer.hold();
    if (await isThere(target, key)) return undefined;
    // If the machine slept meanwhile, another process may have written the object.
  } while (!writer.isCertain());
  return await writer.during(() => replaceObject(target, key, body, retention));
}

async function isThere(target: S3Target, key: string): Promise<boolean> {
  try {
    await target.client.send(new HeadObjectCommand({ Bucket: target.bucket, Key: target.root + key }));
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw s3Error(error, target, `look at ${JSON.stringify(key)}`, key);
  }
}
