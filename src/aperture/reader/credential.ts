import type { Credential } from "../../ledger/usage/recorded-request.ts";
import { FIRST_WIDTH, SHORT_TEXT } from "./cbor/cbor-head.ts";
import { AlteredText, type CborValue, NOT_ALL_HERE, type Reading } from "./cbor/cbor-value.ts";
import { isName, type NameWords, wordsOf } from "./cbor/byte-words.ts";
import type { CborCursor } from "./cbor/cbor-cursor.ts";
import { readHeader } from "./client-text.ts";

/**
 * Determines the kind of credential that a client sent from the captured request headers. Only this file looks at their values;
 * it returns a set of signs, and then a kind.
 */

/** Request headers whose credential authenticates a client to a provider, in lower case. */
export const CREDENTIAL_HEADERS: readonly string[] = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];
/** All headers with a secret, in lower case. */
export const SECRET_HEADERS: readonly string[] = [...CREDENTIAL_HEADERS, "proxy-authorization", "x-amz-security-token", "cookie", "set-cookie"];
/** Sent with the token of a ChatGPT plan, never with an API key. It is not a secret. */
export const ACCOUNT_HEADER = "chatgpt-account-id";

/** @param header compared without case. */
export function isCredentialHeader(header: string): boolean {
  return CREDENTIAL_HEADERS.includes(header.toLowerCase());
}

/** Signs, combined with `|`. A placeholder has no sign. */
export const NO_SIGN = 0;
const SUBSCRIPTION = 1;
const API_KEY = 2;
/** There is a value whose kind is unknown. */
const MASKED = 4;
const ACCOUNT = 8;

/** Replaces a credential in a copy of an export: keeps its kind, and no byte of it. */
const MARKERS: ReadonlyMap<string, number> = new Map([
  ["[dropped subscription]", SUBSCRIPTION],
  ["[dropped api_key]", API_KEY],
  ["[dropped none]", NO_SIGN],
]);

/** The marker for a credential header with these signs; `otherwise` where its kind is unknown. */
export function markerOf(signs: number, otherwise: string): string {
  for (const [marker, sign] of MARKERS) if (sign === signs) return marker;
  return otherwise;
}

/** Whether the signs of one value determine its kind. */
export function isKindSeen(signs: number): boolean {
  return signs === SUBSCRIPTION || signs === API_KEY;
}

/** The kind of credential with these signs. Null where it is unknown. */
export function credentialOf(signs: number): Credential | null {
  // If a request has a key and a token, the provider uses the key (Anthropic does), and the owner of the key pays.
  if (signs & API_KEY) return "api_key";
  // A masked value next to a token may be a key or a placeholder.
  if (signs & MASKED) return signs & ACCOUNT && !(signs & SUBSCRIPTION) ? "subscription" : null;
  return signs & SUBSCRIPTION ? "subscription" : "none";
}

/** Reads the header at the cursor into signs; moves the cursor like `readHeader`. No cache keeps its text. */
export function readCredential(cursor: CborCursor, header: string): number | typeof NOT_ALL_HERE {
  // An account id is a sign even where it is masked.
  const known = header === ACCOUNT_HEADER ? NO_SIGN : signOfFrequent(cursor);
  if (known !== NO_SIGN) return known;
  const value: Reading = readHeader(cursor, undefined, BETWEEN_VALUES);
  return value === NOT_ALL_HERE ? value : signsOfHeader(value, header);
}

/** The beginnings of nearly all values that clients of Anthropic or OpenAI send; compared as bytes, without creating a text. */
const FREQUENT: readonly { words: NameWords; sign: number; isWhole: boolean }[] = [
  { words: wordsOf(Buffer.from("Bearer sk-ant-oat")), sign: SUBSCRIPTION, isWhole: false },
  { words: wordsOf(Buffer.from("sk-ant-api")), sign: API_KEY, isWhole: false },
  { words: wordsOf(Buffer.from("Bearer sk-proj-")), sign: API_KEY, isWhole: false },
  { words: wordsOf(Buffer.from("[REDACTED]")), sign: MASKED, isWhole: true },
];
const LIST_OF_ONE = 0x81;

/** The sign of a fully buffered list with one such text, with the cursor moved past it; otherwise no sign, without any effect. */
function signOfFrequent(cursor: CborCursor): number {
  const { at, view, bytes } = cursor;
  if (at + 3 > bytes.length || view.getUint8(at) !== LIST_OF_ONE) return NO_SIGN;
  const info = view.getUint8(at + 1) ^ SHORT_TEXT;
  if (info > FIRST_WIDTH) return NO_SIGN;
  const start = info === FIRST_WIDTH ? at + 3 : at + 2;
  const end = start + (info === FIRST_WIDTH ? view.getUint8(at + 2) : info);
  if (end > bytes.length) return NO_SIGN;
  for (let i = 0; i < FREQUENT.length; i++) {
    const frequent = FREQUENT[i];
    if (frequent === undefined) continue;
    const { length } = frequent.words;
    if ((frequent.isWhole ? start + length !== end : start + length > end) || !isName(frequent.words, view, start)) continue;
    cursor.at = end;
    return frequent.sign;
  }
  return NO_SIGN;
}

/** Separates values: no header value contains it. */
const BETWEEN_VALUES = "\n";

function signsOfHeader(value: CborValue, header: string): number {
  if (value === undefined || value === null) return NO_SIGN;
  const text = value instanceof AlteredText ? value.text : value;
  if (typeof text !== "string") return MASKED;
  return text.split(BETWEEN_VALUES).reduce((signs, one) => signs | signsOf(header, one), NO_SIGN);
}

/** A scheme of RFC 9110, 11.4, and the value after it. */
const SCHEME = /^(bearer|token|key|apikey|api-key)(?:[\s:=]+(.*))?$/is;
/** Schemes of signatures made with a cloud provider's keys. */
const SIGNATURE = /^AWS4-/i;
const BASIC = /^basic\s+(.*)$/is;

/** @param header in lower case. */
function signsOf(header: string, text: string): number {
  const value = text.trim();
  if (header === ACCOUNT_HEADER) return isPlaceholder(value) ? NO_SIGN : ACCOUNT;
  const marker = MARKERS.get(value);
  if (marker !== undefined) return marker;
  if (SIGNATURE.test(value)) return API_KEY;
  const basic = BASIC.exec(value)?.[1];
  if (basic !== undefined) return signOfSecret(basic, "key header");
  const scheme = SCHEME.exec(value);
  // Key headers may contain a scheme too: some programs write one value into every header they know.
  return signOfSecret(scheme === null ? value : (scheme[2] ?? "").trim(), header === "authorization" ? header : "key header");
}

/** Tokens of a person's Claude plan. ChatGPT's are JSON Web Tokens. */
const PLAN_TOKEN = /^sk-ant-(?:oat|ort|sid)/;
/** Tokens of a plan or of a cloud account, which cannot be distinguished. */
const GOOGLE_SIGN_IN = /^ya29\./;
/** JSON Web Tokens of Microsoft's directory, used to sign in to an Azure account. */
const CLOUD_ISSUER = /"iss"\s*:\s*"https:\/\/(?:login\.microsoftonline\.|sts\.windows\.net\/)/;
/** Prefixes that identify a key. A value that is cut or masked before the end of its prefix does not match. */
const KEY =
  /^(?:sk-ant-(?:api|admin)|sk-(?!ant)[A-Za-z0-9_-]*[A-Za-z0-9]-|AIza|gsk_|xai-|pplx-|hf_|r8_|nvapi-|fw_|tgp_v1_|csk-|ABSK|A[KS]IA)/;
/** A mask that replaces a secret, and everything after it. */
const MASK = /(?:\*{2,}|•{2,}|\.{3,}|…|█{2,}|#{3,}|x{6,}|X{6,}).*$/s;
const MASKED_WORD = /^[\W_]*(?:redacted|masked|filtered|hidden|removed|scrubbed|censored|suppressed|omitted|sanitized|obfuscated|dropped|secret)[\W_]*$/i;
const IN_BRACKETS = /^(?:\[.*\]|<.*>|\(.*\)|\{.*\})$/s;
const DIGEST = /^(?:sha-?\d{1,3}|md5|hash|hmac)[:=]/i;
const ONLY_MASK = /^[xX]{3,}$/;

/** Values that programs write where a key is required but not needed. */
const PLACEHOLDER =
  /^(?:[-_\s]*|x{1,2}|none|null|nil|undefined|empty|dummy|placeholder|unused|fake|anything|not[-_ ]?(?:needed|used|required|set)|no[-_ ]?(?:key|token|auth)|n\/a|sk-(?:dummy|placeholder|fake|none|no-key-required|xxx)|\$\{?\w+\}?|your[-_ ].*)$/i;

function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || MARKERS.get(value) === NO_SIGN;
}

function signOfSecret(value: string, where: "authorization" | "key header"): number {
  if (isPlaceholder(value)) return NO_SIGN;
  if (value.startsWith("eyJ")) return where === "key header" || isOfCloudAccount(value) ? API_KEY : SUBSCRIPTION;
  if (PLAN_TOKEN.test(value)) return SUBSCRIPTION;
  if (GOOGLE_SIGN_IN.test(value)) return MASKED;
  if (KEY.test(value)) return API_KEY;
  if (MASKED_WORD.test(value) || IN_BRACKETS.test(value) || DIGEST.test(value) || ONLY_MASK.test(value)) return MASKED;
  if (!MASK.test(value)) return API_KEY;
  const seen = value.replace(MASK, "");
  if (!seen.startsWith("sk-")) return MASKED;
  // `sk-` and `sk-ant-` begin both keys and tokens; in a key header they begin a key.
  const isAmbiguous = ANTHROPIC.startsWith(seen) || seen.startsWith(ANTHROPIC);
  return where === "key header" || !isAmbiguous ? API_KEY : MASKED;
}

const ANTHROPIC = "sk-ant-";

/** Whether a text begins like an API key. */
export function isApiKey(text: string): boolean {
  return KEY.test(text) || PLAIN_KEY.test(text);
}

/** Whether a text is a credential of a known form, in any position. A word that only begins like a key does not count. */
export function isCredential(text: string): boolean {
  return text.length >= SHORTEST && (isApiKey(text) || PLAN_TOKEN.test(text) || GOOGLE_SIGN_IN.test(text) || JWT.test(text));
}

const SHORTEST = 16;
/** Keys in OpenAI's original format, which many others adopted. */
const PLAIN_KEY = /^sk-(?!ant-)[A-Za-z0-9_-]{16}/;
const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\./;

function isOfCloudAccount(jwt: string): boolean {
  const payload = jwt.split(".", 2)[1] ?? "";
  return CLOUD_ISSUER.test(Buffer.from(payload, "base64url").toString("latin1"));
}
