import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import { fileURLToPath } from "node:url";
import { messageOf } from "../ledger/errors.ts";

/** Time limit for the whole answer, from the request to its last byte. */
const TIMEOUT_MS = 10_000;
/** A configuration with thousands of grants, or a price list with thousands of models, takes a few hundred kilobytes. */
export const MOST_TEXT_BYTES = 16 * 1024 * 1024;

/** Enough for an API's explanation of a refusal. */
const MOST_ERROR_BYTES = 16_384;

interface TextBounds {
  mostBytes?: number;
  milliseconds?: number;
  /** Headers of a request with a secret. Redirects are then refused, since they would get the secret. */
  secretHeaders?: Readonly<Record<string, string>>;
}

/** An answer with a status other than 2xx. */
export class StatusError extends Error {
  readonly status: number;
  /** How long the answer says to wait; null where it does not. */
  readonly retryAfterSeconds: number | null;
  /** The beginning of the answer, for requests with a secret. It may quote the secret, so it must not appear in messages. */
  readonly body: string;

  constructor({ status, statusText, headers }: Response, body: string) {
    super(`HTTP ${String(status)} ${statusText}`);
    this.name = "StatusError";
    this.status = status;
    this.retryAfterSeconds = secondsToWait(headers.get("retry-after"), headers.get("date"));
    this.body = body;
  }
}

/** A text that is larger than its limit. */
export class TooLargeError extends Error {
  constructor(mostBytes: number) {
    super(`it is larger than ${String(mostBytes)} bytes, the limit`);
    this.name = "TooLargeError";
  }
}

/** `Retry-After` is a number of seconds or a date (RFC 9110), which is compared with the answer's own date. */
function secondsToWait(written: string | null, answered: string | null): number | null {
  if (written === null) return null;
  if (/^\d{1,6}$/.test(written)) return Number(written);
  const seconds = (Date.parse(written) - Date.parse(answered ?? "")) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}

/** The reason for a failed request. Node.js says only `fetch failed`; the reason is in the cause. */
export function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : messageOf(error).slice(0, 200);
}

/** Whether the same request may succeed later. */
export function isPassingStatus(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status);
}

/**
 * Text at `http(s)://…`, `file://…` or a path, bounded in size and in time.
 * The error says what failed; the caller adds what the text was for.
 */
export async function fetchText(url: string, { mostBytes = MOST_TEXT_BYTES, milliseconds = TIMEOUT_MS, secretHeaders }: TextBounds = {}): Promise<string> {
  return await limitTime(milliseconds, async (signal) => await readWithin(signal, url, mostBytes, secretHeaders));
}

/** An answer over HTTP, whatever its status. */
export interface HttpAnswer {
  status: number;
  statusText: string;
  headers: Headers;
  /** The text of the answer. An answer other than 2xx with a long text counts as empty. */
  text: string;
}

export interface HttpBounds {
  mostBytes?: number | undefined;
  milliseconds?: number | undefined;
}

/** One GET request, bounded in size and in time. Redirects are not followed: their answer is returned. */
export async function askHttp(url: string, headers: Readonly<Record<string, string>>, { mostBytes = MOST_TEXT_BYTES, milliseconds = TIMEOUT_MS }: HttpBounds = {}): Promise<HttpAnswer> {
  return await limitTime(milliseconds, async (signal) => {
    const response = await fetch(url, { signal, headers, redirect: "manual" });
    try {
      const { status, statusText } = response;
      return { status, statusText, headers: response.headers, text: response.ok ? await textOf(response, mostBytes) : await textOf(response, MOST_ERROR_BYTES).catch(() => "") };
    } finally {
      await response.body?.cancel().catch(() => undefined);
    }
  });
}

/** One POST request whose answer is bytes, bounded in size and in time. Redirects are not followed. Throws `StatusError` for an answer other than 2xx. */
export async function postBytes(url: string, body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>, { mostBytes = MOST_TEXT_BYTES, milliseconds = TIMEOUT_MS }: HttpBounds = {}): Promise<Buffer> {
  return await limitTime(milliseconds, async (signal) => {
    const response = await fetch(url, { method: "POST", body, signal, headers, redirect: "manual" });
    try {
      if (!response.ok) throw new StatusError(response, "");
      return response.body === null ? Buffer.alloc(0) : await joinBytes(response.body, mostBytes);
    } finally {
      await response.body?.cancel().catch(() => undefined);
    }
  });
}

async function textOf({ body }: Response, mostBytes: number): Promise<string> {
  return body === null ? "" : await joinText(body, mostBytes);
}

async function limitTime<Value>(milliseconds: number, read: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  try {
    return await read(AbortSignal.timeout(milliseconds));
  } catch (error) {
    // A stream reports an expired signal as an AbortError.
    if (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name)) throw new Error(`the answer was not complete within ${String(milliseconds / 1000)} seconds`, { cause: error });
    throw error;
  }
}

async function readWithin(signal: AbortSignal, url: string, mostBytes: number, secretHeaders: TextBounds["secretHeaders"]): Promise<string> {
  if (!/^https?:/i.test(url)) return await joinText(await openFile(url.startsWith("file:") ? fileURLToPath(url) : url, signal), mostBytes);
  const response = await fetch(url, secretHeaders === undefined ? { signal } : { signal, headers: secretHeaders, redirect: "manual" });
  try {
    if (!response.ok) throw new StatusError(response, secretHeaders === undefined ? "" : await textOf(response, MOST_ERROR_BYTES).catch(() => ""));
    return await textOf(response, mostBytes);
  } finally {
    // Closes the connection of an answer that is not read completely: nobody waits for the rest.
    await response.body?.cancel().catch(() => undefined);
  }
}

async function openFile(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  if (!(await stat(path)).isFIFO()) return createReadStream(path, { signal });
  // Reading a pipe that nobody writes to would block a thread and keep the process alive; a socket can be closed.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return addAbortSignal(signal, new Socket({ fd, readable: true, writable: false }));
}

async function joinText(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  return new TextDecoder().decode(await joinBytes(chunks, mostBytes));
}

/** Stops reading at the limit. */
async function joinBytes(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new TooLargeError(mostBytes);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Whether a url contains a user name or a password. */
export function holdsCredentials(url: string): boolean {
  return /^https?:\/\/[^/]*@/i.test(url);
}
