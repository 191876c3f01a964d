import { isPassingStatus } from "../storage/fetch-text.ts";
import { type Posted, type TimeOfTry, tryWithin } from "./try-within.ts";

/**
 * Posts a body and only checks the status of the answer: redirects are not followed, and the body is not read.
 * Never throws: it returns the class of a failure, since error messages may contain the url.
 */
export async function postJson(url: string, body: string, { headers, ...time }: TimeOfTry & { headers: Record<string, string> }): Promise<Posted> {
  const post = async (over: AbortSignal): Promise<Posted> => {
    const response = await fetch(url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: over,
      headers: { "Content-Type": "application/json; charset=utf-8", "User-Agent": "aperture-ledger", ...headers },
    });
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return { failure: null };
    return { failure: `http_${String(response.status)}`, mayPass: isPassingStatus(response.status) };
  };
  return await tryWithin(time, post, (error) => ({ failure: classOf(error), mayPass: true }));
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, `CERT_HAS_EXPIRED`. */
function classOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : "network";
}
