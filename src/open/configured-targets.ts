import { readFileSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Environment, MailServer, MailTarget, Target } from "../messages/target.ts";

type Written = Config["notify"][number];
type Mailing = Pick<Config, "smtp">;

/** The targets of alerts and reports. */
export function configuredTargets({ notify, smtp }: Pick<Config, "notify"> & Mailing): Target[] {
  return notify.map((written) => toTarget(written, { smtp }));
}

function toTarget(written: Written, mailing: Mailing): Target {
  if (written.kind === "stdout") return written;
  if (written.kind === "email") return mailbox(written.name, written.to, mailing, written.timeout_seconds);
  const { name, kind, url, timeout_seconds: seconds } = written;
  const secretEnv = written.kind === "webhook" ? (written.secret_env ?? written.secret_file) : undefined;
  return { name, kind, url, urlEnv: written.url_env ?? written.url_file, secretEnv, timeoutMilliseconds: seconds * 1000 };
}

/** An e-mail target for one address. */
export function mailbox(name: string, to: string, { smtp }: Mailing, seconds: number): MailTarget {
  // The configuration is normally refused earlier. This names what is missing in a configuration that was not checked.
  if (smtp === undefined) throw new LedgerError("config_invalid", `there is no mail server for ${name}`, { remedy: "add a section smtp to the configuration" });
  return { name, kind: "email", to, server: mailServer(smtp), timeoutMilliseconds: seconds * 1000 };
}

export function mailServer({ host, port, tls, ca, from, from_name: fromName, ...login }: NonNullable<Config["smtp"]>): MailServer {
  return { host, port, tls, ca, from, fromName, userEnv: login.user_env ?? login.user_file, passwordEnv: login.password_env ?? login.password_file };
}

/** The environment, and the contents of the files that targets name, by path. An unreadable file counts as empty; sending reports it. */
export function secretsOf({ notify, smtp }: Pick<Config, "notify"> & Mailing, env: Environment = process.env): Environment {
  const ofTargets = notify.flatMap((target) => {
    if (target.kind === "stdout" || target.kind === "email") return [];
    return [target.url_file, target.kind === "webhook" ? target.secret_file : undefined];
  });
  const paths = [...ofTargets, smtp?.user_file, smtp?.password_file].filter((path) => path !== undefined);
  return { ...env, ...Object.fromEntries(paths.map((path) => [path, readText(path)])) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
