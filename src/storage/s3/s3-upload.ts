import { createHash, randomUUID, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import { fsError } from "../fs/fs-errors.ts";
import { type Retention, wholeSeconds } from "../object-locks.ts";
import type { ObjectBody, ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { entryOf } from "./s3-entry.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import type { Encryption } from "../store-location.ts";

/** A file up to this size is sent from memory, so that the SDK can repeat the request. */
const MEMORY_LIMIT = 16 * 1024 * 1024;
/** S3's limit for one PUT. Multipart uploads are not used: not every server completes them atomically under a condition. */
const PUT_LIMIT = 5 * 1024 ** 3;
const CHUNK_BYTES = 1024 * 1024;
const ATTEMPTS = 4;
/** Attempts of a conditional write that collided with another; the server only says that it must be tried again. */
const ATTEMPTS_IN_CONFLICT = 12;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1000;
/** Metadata by which a writer recognises its own object. */
export const WRITER = "aperture-ledger-writer";

/** The parameters of a write. */
interface Written {
  retention: Retention | undefined;
  /** Only for a write that must not replace an object. */
  writer?: string;
  /** Whether to send the condition to the server; true by default. */
  isConditional?: boolean;
}

type Payload = { size: number; md5: string } & ({ bytes: Uint8Array } | { file: string });

/** Writes an object in one PUT and replaces an existing one. */
export async function replaceObject(target: S3Target, key: string, body: ObjectBody, retention?: Retention): Promise<ObjectEntry> {
  const payload = await payloadOf(target, key, body);
  return repeatedly(payload, (error) => s3Error(error, target, `write ${JSON.stringify(key)}`, key), () => putOnce(target, key, payload, { retention }));
}

/** Writes an object in one PUT; where it exists already it returns `undefined` and changes nothing. */
export async function createObject(
  target: S3Target,
  key: string,
  body: ObjectBody,
  { retention, writer = randomUUID(), isConditional = true }: Partial<Written> = {},
): Promise<ObjectEntry | undefined> {
  const payload = await payloadOf(target, key, body);
  const translate = (error: unknown): LedgerError => s3Error(error, target, `create ${JSON.stringify(key)}`, key);
  return repeatedly(payload, translate, async () => {
    try {
      return await putOnce(target, key, payload, { retention, writer, isConditional });
    } catch (error) {
      if (statusOf(error) === 412) return ownObject(target, key, writer);
      throw error;
    }
  });
}

async function repeatedly<T>(payload: Payload, translate: (error: unknown) => LedgerError, put: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await put();
    } catch (error) {
      const reason = translate(error);
      if (!reason.retryable || attempt >= attemptsAfter(error, payload)) throw reason;
    }
    await delay(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
  }
}

/** The SDK repeats requests itself, but neither streams, which it cannot rewind, nor conditional writes that collided (409). */
function attemptsAfter(error: unknown, payload: Payload): number {
  if (statusOf(error) === 409) return ATTEMPTS_IN_CONFLICT;
  return "file" in payload ? ATTEMPTS : 1;
}

async function putOnce(target: S3Target, key: string, payload: Payload, { retention, writer, isConditional = true }: Written): Promise<ObjectEntry> {
  const body = "bytes" in payload ? payload.bytes : createReadStream(payload.file, { highWaterMark: CHUNK_BYTES });
  const unreadable = new AbortController();
  // Without a listener a file that becomes unreadable would end the process; the SDK does not add one.
  if (body instanceof Readable) body.once("error", (error) => unreadable.abort(localError(target, key, body.path.toString(), error)));
  try {
    const command = new PutObjectCommand({
      Bucket: target.bucket,
      Key: target.root + key,
      Body: body,
      ContentLength: payload.size,
      ContentMD5: payload.md5,
      ...locking(retention),
      ...encrypting(target.encryption),
      ...(writer === undefined ? {} : { Metadata: { [WRITER]: writer }, ...(isConditional ? { IfNoneMatch: "*" } : {}) }),
    });
    const { ETag } = await target.client.send(command, { abortSignal: unreadable.signal });
    return entryOf(target, key, { ETag, Size: payload.size, LastModified: new Date() });
  } catch (error) {
    throw unreadable.signal.aborted ? unreadable.signal.reason : error;
  } finally {
    if (body instanceof Readable) body.destroy();
  }
}

/** Servers store whole seconds, and some refuse fractions. */
export function locking(retention: Retention | undefined): Pick<PutObjectCommandInput, "ObjectLockMode" | "ObjectLockRetainUntilDate"> {
  if (retention === undefined) return {};
  return { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: wholeSeconds(retention.until) };
}

export function encrypting(encryption: Encryption | undefined): Pick<PutObjectCommandInput, "ServerSideEncryption" | "SSEKMSKeyId" | "SSEKMSEncryptionContext" | "BucketKeyEnabled"> {
  if (encryption === undefined) return {};
  const { algorithm, key, context, bucketKey } = encryption;
  return {
    ServerSideEncryption: algorithm,
    SSEKMSKeyId: key,
    SSEKMSEncryptionContext: context && Buffer.from(JSON.stringify(context)).toString("base64"),
    BucketKeyEnabled: bucketKey,
  };
}

/** The existing object is our own when an earlier attempt reached the server but its answer was lost. */
async function ownObject(target: S3Target, key: string, writer: string): Promise<ObjectEntry | undefined> {
  try {
    const found = await target.client.send(new HeadObjectCommand({ Bucket: target.bucket, Key: target.root + key }));
    if (found.Metadata?.[WRITER] !== writer) return undefined;
    return entryOf(target, key, { ...found, Size: found.ContentLength });
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw s3Error(error, target, `look at ${JSON.stringify(key)}`, key);
  }
}

async function payloadOf(target: S3Target, key: string, body: ObjectBody): Promise<Payload> {
  const hash = createHash("md5");
  if (body instanceof Uint8Array) return inMemory(body, hash);
  try {
    const { size } = await stat(body.file);
    if (size <= MEMORY_LIMIT) return inMemory(await readFile(body.file), hash);
    if (size > PUT_LIMIT) throw tooLarge(target, key, size);
    const stream: AsyncIterable<Uint8Array> = createReadStream(body.file, { highWaterMark: CHUNK_BYTES });
    for await (const chunk of stream) hash.update(chunk);
    return { file: body.file, size, md5: hash.digest("base64") };
  } catch (error) {
    throw localError(target, key, body.file, error);
  }
}

function localError(target: S3Target, key: string, file: string, error: unknown): LedgerError {
  return fsError(error, { url: pathToFileURL(file).href, attempted: `read the file for ${JSON.stringify(key)} in ${target.url}` });
}

function inMemory(bytes: Uint8Array, hash: Hash): Payload {
  return { bytes, size: bytes.byteLength, md5: hash.update(bytes).digest("base64") };
}

function tooLarge(target: S3Target, key: string, size: number): LedgerError {
  return new LedgerError("storage_refused", `${target.url}: ${JSON.stringify(key)} would have ${size} bytes, more than S3 takes in one write (5 GiB).`, {
    remedy: "Export more often, so that each object is smaller.",
  });
}
