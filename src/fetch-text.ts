import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const TIMEOUT_MS = 10_000;

/** Text at `http(s)://…`, `file://…` or a path. What it throws says what failed; whoever asks says what it was for. */
export async function fetchText(url: string): Promise<string> {
  if (!/^https?:/i.test(url)) return await readFile(url.startsWith("file:") ? fileURLToPath(url) : url, "utf8");
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)} ${response.statusText}`);
  return await response.text();
}

/** Whether a url says with which name or password to fetch it. */
export function holdsCredentials(url: string): boolean {
  return /^https?:\/\/[^/]*@/i.test(url);
}
