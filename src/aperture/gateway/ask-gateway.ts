import { type ErrorCode, LedgerError, showUrl } from "../../ledger/errors.ts";
import { askHttp, holdsCredentials, type HttpAnswer, type HttpBounds, isPassingStatus, reasonOf, TooLargeError } from "../../storage/fetch-text.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { describeProblem } from "./problem-details.ts";

/** The subject of a request to a gateway, with its words for messages. */
export interface GatewaySubject {
  /** `the gateway's configuration` */
  what: string;
  /** The setting that names its place: `aperture.config`. */
  setting: string;
  /** Error code if there is no usable answer. The same request may succeed later. */
  unreadable: ErrorCode;
  /** Error code for a wrong address or a wrong answer. */
  invalid: ErrorCode;
  /** The right that a grant must contain, as the gateway's configuration writes it: `{"role": "admin"}`. */
  grant: string;
}

/**
 * `unchanged`: the document still has the known ETag. `absent`: the gateway has no such document, as in versions without this API; an HTML page
 * counts as absent too. `denied`: this machine lacks a grant, which `error` names.
 */
export type GatewayAnswer = { state: "answer"; text: string; etag: string | undefined } | { state: "unchanged" } | { state: "absent"; status: number } | { state: "denied"; error: LedgerError };

/**
 * Requests one of a gateway's documents. A gateway identifies its callers through Tailscale, so no secret is sent. Redirects are refused, since the
 * answer of a different address would not be the gateway's. Throws `unreadable` or `invalid` of the subject.
 * @param etag of the known document; the gateway need not send that document again
 */
export async function askGateway(url: string, subject: GatewaySubject, { etag, ...bounds }: HttpBounds & { etag?: string | undefined } = {}): Promise<GatewayAnswer> {
  refuseCredentials(url, subject);
  const answer = await ask(url, subject, etag, bounds);
  if (answer.status === 304 && etag !== undefined) return { state: "unchanged" };
  if (answer.status === 404 || (answer.status === 200 && isPage(answer))) return { state: "absent", status: answer.status };
  if (answer.status === 401 || answer.status === 403) return { state: "denied", error: unreadable(url, subject, describeAnswer(answer), { remedy: grantRemedy(subject) }) };
  if (answer.status !== 200) throw refused(url, subject, answer);
  return { state: "answer", text: answer.text, etag: answer.headers.get("etag") ?? undefined };
}

/** Throws `invalid` of the subject for a url with a name or a password. */
export function refuseCredentials(url: string, { invalid }: Pick<GatewaySubject, "invalid">): void {
  if (!holdsCredentials(url)) return;
  throw new LedgerError(invalid, `credentials do not belong in the url ${showUrl(url)}`, { remedy: "Aperture identifies its callers through Tailscale: give the url without them" });
}

async function ask(url: string, subject: GatewaySubject, etag: string | undefined, bounds: HttpBounds): Promise<HttpAnswer> {
  try {
    return await askHttp(url, { accept: "application/json", "user-agent": "aperture-ledger", ...(etag === undefined ? {} : { "if-none-match": etag }) }, bounds);
  } catch (cause) {
    throw unreadable(url, subject, reasonOf(cause), { cause, retryable: !(cause instanceof TooLargeError) });
  }
}

function isPage({ headers }: HttpAnswer): boolean {
  return /^text\/html\b/i.test(headers.get("content-type") ?? "");
}

function refused(url: string, subject: GatewaySubject, answer: HttpAnswer): LedgerError {
  const said = describeAnswer(answer);
  if (answer.status < 300 || answer.status >= 400) return unreadable(url, subject, said, { retryable: isPassingStatus(answer.status) });
  const target = answer.headers.get("location");
  return unreadable(url, subject, `${said}: it redirects${target === null ? "" : ` to ${shownText(showUrl(target))}`}, and redirects are refused`, { remedy: `set ${subject.setting} to the gateway's own address` });
}

/** `HTTP 403 Forbidden: the admin role is required`. */
function describeAnswer({ status, statusText, text }: HttpAnswer): string {
  const said = describeProblem(text, statusText);
  return `HTTP ${`${String(status)} ${statusText}`.trim()}${said === undefined ? "" : `: ${said}`}`;
}

/** Says how this machine gets a right that it lacks. */
function grantRemedy({ grant }: Pick<GatewaySubject, "grant">): string {
  return `add ${grant} under "tailscale.com/cap/aperture" to a grant whose src is this machine's user or tag, in the gateway's configuration or the tailnet policy`;
}

/** The error for a document that cannot be read. */
export function unreadable(url: string, { what, setting, unreadable: code }: GatewaySubject, why: string, { remedy, cause, retryable = false }: { remedy?: string; cause?: unknown; retryable?: boolean } = {}): LedgerError {
  return new LedgerError(code, `${what} at ${showUrl(url)} cannot be read: ${why}`, {
    remedy: remedy ?? `check ${setting}, and that this machine is on the tailnet and allowed to read it`,
    retryable,
    ...(cause === undefined ? {} : { cause }),
  });
}
