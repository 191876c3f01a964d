import { holdsCredentials } from "../../storage/fetch-text.ts";

/** A target of alerts. It contains no secret, except for a url that is written in the configuration. */
export type AlertTarget = PrintingTarget | ReceivingTarget;

interface PrintingTarget {
  name: string;
  kind: "stdout";
}

export interface ReceivingTarget {
  name: string;
  kind: "webhook" | "slack";
  url?: string | undefined;
  /** Environment variable with the url, or absolute path of a file with the url. */
  urlEnv?: string | undefined;
  /** Environment variable with the secret for signatures, or absolute path of a file with it. */
  secretEnv?: string | undefined;
  /** Time limit of one attempt. */
  timeoutMilliseconds: number;
}

/** Secrets by name of an environment variable, or by absolute path of a file. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a target cannot be used; `variable` names the missing or wrong environment variable or file. */
export type Unusable = { unusable: "url_missing" | "url_invalid" | "secret_missing"; variable: string };

export interface Receiver {
  url: string;
  secret?: string;
}

/** Url and secret of a target in this environment. */
export function resolveTarget({ url, urlEnv, secretEnv }: ReceivingTarget, env: Environment): Receiver | Unusable {
  const found = url ?? read(env, urlEnv);
  if (found === undefined) return { unusable: "url_missing", variable: urlEnv ?? "" };
  if (!isReceiver(found)) return { unusable: "url_invalid", variable: urlEnv ?? "" };
  if (secretEnv === undefined) return { url: found };
  const secret = read(env, secretEnv);
  return secret === undefined ? { unusable: "secret_missing", variable: secretEnv } : { url: found, secret };
}

/** Host and port of a url, the only parts that may be shown. */
export function hostOf({ url }: Receiver): string {
  return new URL(url).host;
}

function read(env: Environment, variable: string | undefined): string | undefined {
  return (variable === undefined ? undefined : env[variable]) || undefined;
}

function isReceiver(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && !holdsCredentials(url);
}
