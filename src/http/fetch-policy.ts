import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LedgerError, messageOf, showUrl } from "../errors.ts";

const TIMEOUT_MS = 10_000;

/** Text of the tailnet policy file at `file://…`, a path or `http(s)://…`. */
export async function fetchPolicy(url: string): Promise<string> {
  if (/^https?:\/\/[^/]*@/i.test(url)) {
    throw new LedgerError("config_invalid", `credentials do not belong in directory.policy: ${showUrl(url)}`, {
      remedy: "fetch the policy beforehand and give its path",
    });
  }
  try {
    if (!/^https?:/i.test(url)) return await readFile(url.startsWith("file:") ? fileURLToPath(url) : url, "utf8");
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${String(response.status)} ${response.statusText}`);
    return await response.text();
  } catch (cause) {
    throw new LedgerError("config_unreadable", `the tailnet policy ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check directory.policy, or name logins instead of groups in http.allow",
      retryable: true,
      cause,
    });
  }
}
