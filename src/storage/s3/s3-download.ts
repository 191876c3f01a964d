import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { objectChanged } from "../object-errors.ts";
import type { ByteRange, Download } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { etagOf } from "./s3-entry.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { saveStream } from "../save-stream.ts";

/** The SDK tries again until an answer begins, not when its body breaks off. */
const BODY_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;

interface Wanted {
  range?: ByteRange | undefined;
  etag?: string | undefined;
}

interface OpenBody {
  etag: string;
  /** Throws when it ends before as many bytes as were announced. */
  bytes: AsyncIterable<Uint8Array>;
}

/** An object's bytes, or those of a range of it: none when it begins past the end. */
export async function readObject(target: S3Target, key: string, range?: ByteRange): Promise<Uint8Array> {
  if (range !== undefined && range.last < range.first) return new Uint8Array();
  return withBody(target, key, { range }, async ({ bytes }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
}

/** Copies an object to a local file; there is none left when it fails. */
export async function downloadObject(target: S3Target, key: string, file: string, etag?: string): Promise<Download> {
  return withBody(target, key, { etag }, async (body) => ({ ...(await saveStream(body.bytes, file)), etag: body.etag }));
}

/** Opens the object and uses it, from the start again when its body breaks off. */
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

/** Throws `object_changed` where what comes is not what was wanted, whether or not the server knows `If-Match`. */
async function openBody(target: S3Target, key: string, wanted: Wanted): Promise<OpenStream> {
  const body = (await requestBody(target, key, wanted)) ?? (await requestBody(target, key, { ...wanted, etag: undefined }));
  if (body !== undefined && (wanted.etag === undefined || body.etag === wanted.etag)) return body;
  body?.stream.destroy();
  throw objectChanged(target.url, key);
}

/** Undefined where the server says that the object has another ETag. It says so of every weak one: `If-Match` takes only strong ones to be equal. */
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
    // The range begins past the end, as every range of an empty object does.
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
    const message = `${received} bytes came of the ${announced} that were announced`;
    throw Object.assign(new Error(message), { code: "ERR_STREAM_PREMATURE_CLOSE" });
  }
}
