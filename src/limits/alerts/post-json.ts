/** The outcome of one request: `null` when it was accepted, otherwise the class of the failure and whether it may be temporary. */
export type Posted = { failure: null } | { failure: string; mayPass: boolean };

const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts a body and only checks the status of the answer: redirects are not followed, and the body is not read.
 * Never throws: it returns the class of a failure, since error messages may contain the url.
 * @param ended aborts when the time for all alerts is over.
 */
export async function postJson(
  url: string,
  body: string,
  { headers, timeoutMilliseconds, ended }: { headers: Record<string, string>; timeoutMilliseconds: number; ended: AbortSignal },
): Promise<Posted> {
  const timedOut = new AbortController();
  const end = (): void => timedOut.abort();
  const timer = setTimeout(end, timeoutMilliseconds);
  ended.addEventListener("abort", end);
  try {
    if (ended.aborted) return { failure: "out_of_time", mayPass: false };
    const response = await fetch(url, {
      method: "POST",
      body,
      redirect: "manual",
      signal: timedOut.signal,
      headers: { "Content-Type": "application/json; charset=utf-8", "User-Agent": "aperture-ledger", ...headers },
    });
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return { failure: null };
    return { failure: `http_${String(response.status)}`, mayPass: response.status >= 500 || PASSING_STATUS.has(response.status) };
  } catch (error) {
    if (ended.aborted) return { failure: "out_of_time", mayPass: false };
    return { failure: timedOut.signal.aborted ? "timeout" : classOf(error), mayPass: true };
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", end);
  }
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, `CERT_HAS_EXPIRED`. */
function classOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : "network";
}
