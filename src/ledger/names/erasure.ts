import { createHmac } from "node:crypto";
import { loginReplacer } from "./login-replacer.ts";
import { remember } from "./remember.ts";
import { NO_REMARKS, type RecordedRequest, renameCounts } from "../usage/recorded-request.ts";

/** An erasure: the pseudonym replaces the login in records before this moment. */
export interface Erasure {
  pseudonym: string;
  /** ISO 8601. */
  until: string;
}

/** Plain data, since it is passed to threads. */
export interface Erasures {
  /** The key of the pseudonyms, in hex. */
  key: string;
  erased: readonly Erasure[];
}

const PREFIX = "erased-";
const DIGITS = 16;

/** Keeps the domain, so that rules over domains still apply. @param key in hex. */
export function pseudonymOf(login: string, key: string): string {
  const folded = login.toLowerCase();
  const digest = createHmac("sha256", Buffer.from(key, "hex")).update(folded).digest("hex").slice(0, DIGITS);
  const at = folded.lastIndexOf("@");
  return `${PREFIX}${digest}${at === -1 ? "" : folded.slice(at)}`;
}

/** Computes each pseudonym once; undefined for every caller without a key. */
export function pseudonymiser(key: Buffer | undefined): (login: string) => string | undefined {
  const pseudonyms = remember((login) => ({ pseudonym: key && pseudonymOf(login, key.toString("hex")) }));
  return (login) => pseudonyms(login).pseudonym;
}

export function isPseudonym(login: string): boolean {
  return login.startsWith(PREFIX);
}

/** The caller of a quarantined record, or the pseudonym. @param ts null where it is not readable: then every erasure applies. */
export function erasedCaller(caller: string, ts: number | null, { key, erased }: Erasures): string {
  const pseudonym = pseudonymOf(caller, key);
  const isErased = erased.some((one) => one.pseudonym === pseudonym && (ts === null || ts < Date.parse(one.until) * 1000));
  return isErased ? pseudonym : caller;
}

/** Applies erasures to requests: the pseudonym instead of the login, no device, and no text with the login. */
export function eraser({ key, erased }: Erasures): (request: RecordedRequest) => RecordedRequest {
  const untilOf = new Map<string, number>();
  for (const { pseudonym, until } of erased) untilOf.set(pseudonym, Math.max(untilOf.get(pseudonym) ?? 0, Date.parse(until) * 1000));
  const readLogin = remember((login) => {
    const pseudonym = pseudonymOf(login, key);
    const until = untilOf.get(pseudonym);
    return { erasure: until === undefined ? undefined : { pseudonym, until, replace: loginReplacer(login, pseudonym) } };
  });
  return (request) => {
    const { erasure } = request.login === null ? { erasure: undefined } : readLogin(request.login);
    return erasure === undefined || request.ts >= erasure.until ? request : erase(request, erasure);
  };
}

function erase(request: RecordedRequest, { pseudonym, replace }: { pseudonym: string; replace: (text: string) => string }): RecordedRequest {
  const clean = (text: string | null): string | null => (text === null ? null : replace(text));
  const { model, apiType, path, sessionId, captureId, costBasis, headers, unknownCounts, tools, remarks } = request;
  return {
    ...request,
    login: pseudonym,
    nodeId: null,
    model: replace(model),
    apiType: clean(apiType),
    path: clean(path),
    sessionId: clean(sessionId),
    captureId: clean(captureId),
    costBasis: clean(costBasis),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, replace(value)])),
    unknownCounts: unknownCounts.size === 0 ? unknownCounts : renameCounts(unknownCounts, replace),
    tools: tools.map(({ server, tool, calls }) => ({ server: clean(server), tool: replace(tool), calls })),
    remarks: remarks === NO_REMARKS ? remarks : { ...remarks, unknownKeys: remarks.unknownKeys.map(replace) },
  };
}
