import { randomUUID } from "node:crypto";
import { CopyObjectCommand, DeleteObjectCommand, GetBucketVersioningCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import type { Retention } from "../object-locks.ts";
import type { ObjectBody, ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { createObject, encrypting, locking, WRITER } from "./s3-upload.ts";
import { KNOWS_NO_VERSIONS, listVersions, type ObjectVersion } from "./s3-versions.ts";

/**
 * Whether the bucket keeps versions. Servers other than AWS may take a conditional write there for a further version of an object,
 * as Ceph 16 does, or refuse it as Backblaze B2 does. If that is unknown, `doctor` tries it.
 */
export async function keepsVersions(target: S3Target): Promise<boolean> {
  const { client, bucket } = target;
  try {
    return (await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status === "Enabled";
  } catch (error) {
    const reason = s3Error(error, target, "ask whether the bucket keeps versions");
    if (reason.retryable && !KNOWS_NO_VERSIONS.has(statusOf(error))) throw reason;
    // The write that follows reports any other failure better.
    return false;
  }
}

/**
 * Writes an object unless it exists, where the server does not enforce it. If several versions appear meanwhile the first stays: all
 * writers see them in the same order, and each of the others removes its own.
 */
export async function createFirst(target: S3Target, key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry | undefined> {
  const before = await listVersions(target, key);
  if (before.some(({ isCurrent, isMarker }) => isCurrent && !isMarker)) return undefined;
  const writer = randomUUID();
  const entry = await createVersion(target, key, body, { retention, writer });
  if (entry === undefined) return undefined;
  const seen = new Set(before.map(({ id }) => id));
  const rivals = (await listVersions(target, key)).filter(({ id, isMarker }) => !isMarker && !seen.has(id));
  const first = rivals.at(-1);
  if (first === undefined || rivals.length === 1) return entry;
  const isOwn = new Map(await Promise.all(rivals.map(async (rival) => [rival, await isWrittenBy(target, key, rival, writer)] as const)));
  const superfluous = rivals.filter((rival) => rival !== first && isOwn.get(rival) === true);
  const gone = await Promise.all(superfluous.map((rival) => takeAway(target, key, rival)));
  if (isOwn.get(first) === true) return entry;
  // A locked version cannot be removed: the first version's bytes are written again on top of it.
  if (gone.includes(false)) await copyOnTop(target, key, first, retention);
  return undefined;
}

/** Writes with a condition, which saves a version where the server honours it. */
async function createVersion(target: S3Target, key: string, body: ObjectBody, written: { retention: Retention | undefined; writer: string }): Promise<ObjectEntry | undefined> {
  try {
    return await createObject(target, key, body, written);
  } catch (error) {
    if (!(error instanceof LedgerError) || statusOf(error.cause) !== 501) throw error;
    return await createObject(target, key, body, { ...written, isConditional: false });
  }
}

async function isWrittenBy(target: S3Target, key: string, { id }: ObjectVersion, writer: string): Promise<boolean> {
  try {
    const { Metadata } = await target.client.send(new HeadObjectCommand({ Bucket: target.bucket, Key: target.root + key, VersionId: id }));
    return Metadata?.[WRITER] === writer;
  } catch (error) {
    // Another writer removed its own version.
    if (statusOf(error) === 404) return false;
    throw s3Error(error, target, `look at ${JSON.stringify(key)}`, key);
  }
}

/** Returns whether the version could be removed. */
async function takeAway(target: S3Target, key: string, { id }: ObjectVersion): Promise<boolean> {
  try {
    await target.client.send(new DeleteObjectCommand({ Bucket: target.bucket, Key: target.root + key, VersionId: id }));
    return true;
  } catch (error) {
    const reason = s3Error(error, target, `take back ${JSON.stringify(key)}`, key);
    if (reason.code === "storage_denied") return false;
    throw reason;
  }
}

async function copyOnTop(target: S3Target, key: string, { id = "null" }: ObjectVersion, retention: Retention | undefined): Promise<void> {
  const { client, bucket, root } = target;
  const source = `${bucket}/${(root + key).split("/").map(encodeURIComponent).join("/")}?versionId=${id}`;
  try {
    await client.send(
      new CopyObjectCommand({ Bucket: bucket, Key: root + key, CopySource: source, ...locking(retention), ...encrypting(target.encryption) }),
    );
  } catch (error) {
    throw s3Error(error, target, `restore ${JSON.stringify(key)}`, key);
  }
}
