import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { fetchText, holdsCredentials, MOST_TEXT_BYTES } from "../../storage/fetch-text.ts";
import { openStore } from "../../storage/open-store.ts";
import type { AccessGrant } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { parsePolicyGrants } from "./parse-gateway-access.ts";
import { parsePolicy } from "./policy.ts";

/** The location of a tailnet policy file, and what is read from it. */
export type PolicySource = string | { url: string; endpoint?: string | undefined; region?: string | undefined } | TailnetPolicy;

export interface FetchedPolicy extends TailnetPolicy {
  /** The grants for the gateway; absent where the policy has no such grants. */
  grants?: readonly AccessGrant[];
}

/** Without its secrets, for messages. */
export function showPolicy(source: PolicySource): string {
  if (typeof source === "string") return showUrl(source);
  return "url" in source ? showUrl(source.url) : "in directory.policy itself";
}

/**
 * The tailnet policy at `file://…`, a path, `s3://bucket/key` or `http(s)://…`.
 * Throws `config_unreadable` where it cannot be read, `config_invalid` where it is not a policy.
 */
export async function fetchPolicy(source: PolicySource): Promise<FetchedPolicy> {
  if (typeof source !== "string" && !("url" in source)) return source;
  const location = typeof source === "string" ? { url: source } : source;
  if (holdsCredentials(location.url)) {
    throw new LedgerError("config_invalid", `credentials do not belong in directory.policy: ${showUrl(location.url)}`, {
      remedy: "fetch the policy beforehand and give its path",
    });
  }
  const what = `the tailnet policy ${showUrl(location.url)}`;
  const text = await readPolicy(location);
  const policy = parsePolicy(text, what);
  const grants = parsePolicyGrants(text, what);
  return { ...policy, ...(grants.length === 0 ? {} : { grants }) };
}

async function readPolicy(location: { url: string }): Promise<string> {
  try {
    return /^s3:/i.test(location.url) ? await readObject(location) : await fetchText(location.url);
  } catch (cause) {
    throw new LedgerError("config_unreadable", `the tailnet policy ${showUrl(location.url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check directory.policy, and that this machine may read it",
      retryable: true,
      cause,
    });
  }
}

async function readObject({ url, ...server }: { url: string }): Promise<string> {
  const [, folder = "", name = "", parameters = ""] = /^([^?]*)\/([^/?]*)(\?.*)?$/s.exec(url) ?? [];
  const store = await openStore({ url: `${folder}${parameters}`, ...server });
  const entry = await store.head(name);
  if (entry !== undefined && entry.size > MOST_TEXT_BYTES) throw new Error(`it is larger than ${String(MOST_TEXT_BYTES)} bytes, the limit`);
  return Buffer.from(await store.read(name)).toString("utf8");
}
