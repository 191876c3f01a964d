import { holdsCredentials } from "../storage/fetch-text.ts";

/** A target of messages. It contains no secret, except for a url that is written in the configuration. */
export type Target = PrintingTarget | ReceivingTarget | MailTarget;

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

export interface MailTarget {
  name: string;
  kind: "email";
  /** A single address, so that a message is either accepted or refused, never accepted for some recipients only. */
  to: string;
  server: MailServer;
  /** Time limit of one attempt. */
  timeoutMilliseconds: number;
}

/** The server that accepts e-mail for sending. */
export interface MailServer {
  host: string;
  port: number;
  /**
   * `starttls`: the connection is encrypted with STARTTLS before anything else is sent, and nothing is sent if that fails; `implicit`: it is
   * encrypted from the start.
   */
  tls: "starttls" | "implicit" | "none";
  /** File with the certificates of an authority to trust instead of the usual ones. */
  ca?: string | undefined;
  /** Address of the sender. */
  from: string;
  fromName: string;
  /** Environment variable or file with the user name; without it there is no login. */
  userEnv?: string | undefined;
  /** Environment variable or file with the password. */
  passwordEnv?: string | undefined;
}

/** Secrets by name of an environment variable, or by absolute path of a file. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a target cannot be used; `variable` names the missing or wrong environment variable or file. */
export type Unusable = { unusable: "url_missing" | "url_invalid" | "secret_missing" | "user_missing" | "password_missing"; variable: string };

export interface Receiver {
  url: string;
  secret?: string;
}

export interface Login {
  user: string;
  password: string;
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

/** The login for a mail server in this environment; null for a server without a login. */
export function resolveLogin({ userEnv, passwordEnv }: MailServer, env: Environment): Login | null | Unusable {
  if (userEnv === undefined || passwordEnv === undefined) return null;
  const [user, password] = [read(env, userEnv), read(env, passwordEnv)];
  if (user === undefined) return { unusable: "user_missing", variable: userEnv };
  return password === undefined ? { unusable: "password_missing", variable: passwordEnv } : { user, password };
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
