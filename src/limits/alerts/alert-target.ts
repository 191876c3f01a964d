import { holdsCredentials } from "../../storage/fetch-text.ts";

/** Where alerts go. Holds no secret but, for whoever wrote one into the configuration, its url. */
export type AlertTarget = PrintingTarget | ReceivingTarget;

interface PrintingTarget {
  name: string;
  kind: "stdout";
}

export interface ReceivingTarget {
  name: string;
  kind: "webhook" | "slack";
  url?: string | undefined;
  /** Environment variable that holds the url, or absolute path of a file that does. */
  urlEnv?: string | undefined;
  /** Environment variable that holds the secret of signatures, or absolute path of a file that does. */
  secretEnv?: string | undefined;
  /** Of one try. */
  timeoutMilliseconds: number;
}

/** What secrets are found under: names of environment variables, and absolute paths of files. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a target cannot be used as it is configured here; `variable` names the one, or the file, that is missing or wrong. */
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

/** Host and port of a url: all of it that anything may show. */
export function hostOf({ url }: Receiver): string {
  return new URL(url).host;
}

function read(env: Environment, variable: string | undefined): string | undefined {
  return (variable === undefined ? undefined : env[variable]) || undefined;
}

function isReceiver(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && !holdsCredentials(url);
}
