import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { fetchText, isPassingStatus, reasonOf, StatusError, TooLargeError } from "../../storage/fetch-text.ts";

/** Pauses between attempts, unless the provider says how long to wait. */
const PAUSES_MS = [1000, 2000, 4000, 8000] as const;
/** A provider that asks for a longer pause is tried again at the next run. */
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 60_000;

export interface PageRequest {
  /** Names the request in messages; contains no secrets. */
  what: string;
  /** Environment variable with the key, to name it in messages. */
  keyEnv: string;
  headers: Readonly<Record<string, string>>;
  wait: (milliseconds: number) => Promise<unknown>;
  /** Time limit of one attempt. */
  milliseconds?: number;
}

/**
 * Requests one page from a provider, and retries temporary failures. Throws `bill_fetch_failed`, which names the request and the status. It never
 * quotes an answer, which may repeat the key.
 */
export async function requestPage(url: URL, request: PageRequest): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchText(url.href, { secretHeaders: { "user-agent": "aperture-ledger", accept: "application/json", ...request.headers }, milliseconds: request.milliseconds ?? TIMEOUT_MS });
    } catch (error) {
      const pause = pauseAfter(error, attempt);
      if (pause === undefined || pause > LONGEST_PAUSE_MS) throw failed(error, url, request);
      await request.wait(pause);
    }
  }
}

/** The pause before the next attempt; undefined if there should be none. */
function pauseAfter(error: unknown, attempt: number): number | undefined {
  if (error instanceof StatusError ? !isPassingStatus(error.status) : error instanceof TooLargeError) return undefined;
  const usual = PAUSES_MS[attempt];
  if (usual === undefined) return undefined;
  const wanted = error instanceof StatusError ? error.retryAfterSeconds : null;
  return wanted === null ? usual : wanted * 1000;
}

/** Anthropic answers `{"type": "error", "error": {"type": "authentication_error"}}`, OpenAI `{"error": {"type": …, "code": "invalid_api_key"}}`. */
const refusal = z.object({ error: z.object({ type: z.string().nullish(), code: z.string().nullish() }) });

function failed(error: unknown, url: URL, { what, keyEnv }: PageRequest): LedgerError {
  if (!(error instanceof StatusError)) {
    return new LedgerError("bill_fetch_failed", `${what}: ${url.host} gave no usable answer: ${reasonOf(error)}`, { remedy: "check that this machine can reach that address; the next run tries again", retryable: !(error instanceof TooLargeError) });
  }
  const { status, retryAfterSeconds } = error;
  const wants = retryAfterSeconds === null ? "" : `; it asks to wait ${String(retryAfterSeconds)} seconds`;
  return new LedgerError("bill_fetch_failed", `${what}: ${url.host} answered HTTP ${String(status)}${kindOf(error)}${wants}`, { remedy: remedyFor(status, keyEnv), retryable: isPassingStatus(status) });
}

/** Only words from the providers' references, since a message may quote the key. */
function kindOf({ body }: StatusError): string {
  const parsed = refusal.safeParse(parseJson(body)).data?.error;
  const words = [parsed?.type, parsed?.code].filter((word) => typeof word === "string" && /^[a-z_]{1,40}$/.test(word));
  return words.length === 0 ? "" : ` (${[...new Set(words)].join(", ")})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function remedyFor(status: number, keyEnv: string): string {
  if (status === 401 || status === 403) return `put an administrator's key into ${keyEnv}: an ordinary API key may not read the bill`;
  if (status >= 300 && status < 400) return "set url to the final address: redirects are not followed, since they would get the key";
  if (isPassingStatus(status)) return "the next run tries again";
  return "check that the provider offers this url, api and group_by to your organisation";
}
