import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { objectChanged } from "../object-errors.ts";
import type { ByteRange, Download } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { etagOf } from "./s3-entry.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { saveStream } from "../save-stream.ts";

/** The SDK repeats a request until an answer begins, but not when its body breaks off. */
const BODY_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;

interface Wanted {
  range?: ByteRange | undefined;
  etag?: string | undefined;
}

interface OpenBody {
  etag: string;
  /** Throws when it ends before the announced number of bytes. */
  bytes: AsyncIterable<Uint8Array>;
}

/** An object's bytes, or a range of them: none when the range begins after the end. */
export async function readObject(target: S3Target, key: string, range?: ByteRange): Promise<Uint8Array> {
  if (range !== undefined && range.last < range.first) return new Uint8Array();
  return withBody(target, key, { range }, async ({ bytes }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
}

/** Copies an object to a local file; leaves no file when it fails. */
export async function downloadObject(target: S3Target, key: string, file: string, etag?: string): Promise<Download> {
  return withBody(target, key, { etag }, async (body) => ({ ...(await saveStream(body.bytes, file)), etag: body.etag }));
}

/** Opens the object and uses it; starts again from the beginning when its body breaks off. */
async function withBody<T>(target: S3Target, key: string, wanted: Wanted, use: (body: OpenBody) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const { stream, ...body } = await openBody(target, key, wanted);
    try {
      return await use(body);
    } catch (error) {
      const reason = s3Error(error, target, `read ${JSON.stringify(key)} to its end`, key);
      if (!reason.retryable || attempt === BODY_ATTEMPTS) throw reason;
    } finally {
      stream.destroy();
    }
    await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

type OpenStream = OpenBody & { stream: Readable };

/** Throws `object_changed` where the object has a different ETag, whether or not the server supports `If-Match`. */
async function openBody(target: S3Target, key: string, wanted: Wanted): Promise<OpenStream> {
  const body = (await requestBody(target, key, wanted)) ?? (await requestBody(target, key, { ...wanted, etag: undefined }));
  if (body !== undefined && (wanted.etag === undefined || body.etag === wanted.etag)) return body;
  body?.stream.destroy();
  throw objectChanged(target.url, key);
}

/** Undefined where the server says that the ETag differs. It does so for every weak ETag: `If-Match` compares only strong ones as equal. */
async function requestBody(target: S3Target, key: string, { range, etag }: Wanted): Promise<OpenStream | undefined> {
  try {
    const response = await target.client.send(
      new GetObjectCommand({
        Bucket: target.bucket,
        Key: target.root + key,
        Range: range && `bytes=${range.first}-${range.last}`,
        IfMatch: etag === undefined ? undefined : `"${etag}"`,
      }),
    );
    const stream = response.Body instanceof Readable ? response.Body : Readable.from([]);
    return { etag: etagOf(target, key, response.ETag), stream, bytes: whole(stream, response.ContentLength) };
  } catch (error) {
    // The range begins after the end, as every range of an empty object does.
    if (range !== undefined && statusOf(error) === 416) return { etag: "", stream: Readable.from([]), bytes: whole(Readable.from([]), 0) };
    if (etag !== undefined && statusOf(error) === 412) return undefined;
    throw s3Error(error, target, `read ${JSON.stringify(key)}`, key);
  }
}

async function* whole(stream: Readable, announced: number | undefined): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    received += chunk.byteLength;
    yield chunk;
  }
  if (announced !== undefined && received !== announced) {
    const message = `${received} of the announced ${announced} bytes arrived`;
    throw Object.assign(new Error(message), { code: "ERR_STREAM_PREMATURE_CLOSE" });
  }
}
