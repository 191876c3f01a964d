import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import { fileURLToPath } from "node:url";

/** From the first byte that is asked for to the last one of the answer, however slowly it drips. */
const TIMEOUT_MS = 10_000;
/** A configuration of thousands of grants, or a price list of thousands of models, has some hundred kilobytes. */
export const MOST_TEXT_BYTES = 16 * 1024 * 1024;

interface TextBounds {
  mostBytes?: number;
  milliseconds?: number;
}

/**
 * Text at `http(s)://…`, `file://…` or a path, bounded in size and in time.
 * What it throws says what failed; whoever asks says what it was for.
 */
export async function fetchText(url: string, { mostBytes = MOST_TEXT_BYTES, milliseconds = TIMEOUT_MS }: TextBounds = {}): Promise<string> {
  try {
    return await readWithin(AbortSignal.timeout(milliseconds), url, mostBytes);
  } catch (error) {
    // What a stream says of a signal that went off is an AbortError.
    if (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name)) throw new Error(`there was no whole answer within ${String(milliseconds / 1000)} seconds`, { cause: error });
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
    // Of an answer that is not read to its end the connection is closed: nobody waits for the rest.
    await response.body?.cancel().catch(() => undefined);
  }
}

async function openFile(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  if (!(await stat(path)).isFIFO()) return createReadStream(path, { signal });
  // A pipe that nobody writes to would keep a thread waiting, and the process from ending; one that is read as a socket can be given up.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return addAbortSignal(signal, new Socket({ fd, readable: true, writable: false }));
}

/** Reads no further than what is too much. */
async function joinText(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error(`there is more of it than ${String(mostBytes)} bytes, the most that is read`);
    parts.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** Whether a url says with which name or password to fetch it. */
export function holdsCredentials(url: string): boolean {
  return /^https?:\/\/[^/]*@/i.test(url);
}
