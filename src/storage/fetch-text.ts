import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import { fileURLToPath } from "node:url";

/** Time limit for the whole answer, from the request to its last byte. */
const TIMEOUT_MS = 10_000;
/** A configuration with thousands of grants, or a price list with thousands of models, takes a few hundred kilobytes. */
export const MOST_TEXT_BYTES = 16 * 1024 * 1024;

interface TextBounds {
  mostBytes?: number;
  milliseconds?: number;
}

/**
 * Text at `http(s)://…`, `file://…` or a path, bounded in size and in time.
 * The error says what failed; the caller adds what the text was for.
 */
export async function fetchText(url: string, { mostBytes = MOST_TEXT_BYTES, milliseconds = TIMEOUT_MS }: TextBounds = {}): Promise<string> {
  try {
    return await readWithin(AbortSignal.timeout(milliseconds), url, mostBytes);
  } catch (error) {
    // A stream reports an expired signal as an AbortError.
    if (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name)) throw new Error(`the answer was not complete within ${String(milliseconds / 1000)} seconds`, { cause: error });
    throw error;
  }
}

async function readWithin(signal: AbortSignal, url: string, mostBytes: number): Promise<string> {
  if (!/^https?:/i.test(url)) return await joinText(await openFile(url.startsWith("file:") ? fileURLToPath(url) : url, signal), mostBytes);
  const response = await fetch(url, { signal });
  try {
    if (!response.ok) throw new Error(`HTTP ${String(response.status)} ${response.statusText}`);
    return response.body === null ? "" : await joinText(response.body, mostBytes);
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

/** Stops reading at the limit. */
async function joinText(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error(`it is larger than ${String(mostBytes)} bytes, the limit`);
    parts.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** Whether a url contains a user name or a password. */
export function holdsCredentials(url: string): boolean {
  return /^https?:\/\/[^/]*@/i.test(url);
}
