import type { Config } from "../../config/config.ts";
import { loadAlerts } from "../../lake/records/alert-record.ts";
import { type Environment, hostOf, type MailServer, resolveLogin, resolveTarget, type Target, type Unusable } from "../../messages/target.ts";
import { notifyingSettings } from "../../open/alert-settings.ts";
import { secretsOf } from "../../open/configured-targets.ts";
import { openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

/** Checks whether each target can be used here. Sends nothing, and shows only the target's host. */
export function findInTargets(config: Config, env: Environment): Finding[] {
  const secrets = secretsOf(config, env);
  return notifyingSettings(config).targets.map((target) => describeTarget(target, secrets));
}

function describeTarget(target: Target, env: Environment): Finding {
  const check = `notify ${target.name}`;
  if (target.kind === "stdout") return { check, state: "ok", finding: "standard output" };
  if (target.kind === "email") return { check, ...describeServer(target.server, env) };
  const receiver = resolveTarget(target, env);
  if ("unusable" in receiver) return { check, state: "failed", ...explain(receiver) };
  const how = target.kind === "slack" ? "" : receiver.secret === undefined ? ", not signed" : ", signed";
  return { check, state: "ok", finding: `${target.kind} at ${hostOf(receiver)}${how}` };
}

/** Checks whether mail can be sent through a server, without sending any. */
export function describeServer(server: MailServer, env: Environment): Omit<Finding, "check"> {
  const login = resolveLogin(server, env);
  if (login !== null && "unusable" in login) return { state: "failed", ...explain(login) };
  const how = { starttls: "encrypted by STARTTLS", implicit: "encrypted", none: "not encrypted" }[server.tls];
  return { state: "ok", finding: `e-mail through ${server.host}:${String(server.port)}, ${how}${login === null ? ", without a login" : ""}` };
}

const MISSING = { url_missing: "url", secret_missing: "secret", user_missing: "user's name", password_missing: "password" } as const;

function explain({ unusable, variable }: Unusable): Pick<Finding, "finding" | "remedy"> {
  if (unusable === "url_invalid") {
    return { finding: `${variable} does not contain a url for alerts`, remedy: "give a url that begins with http:// or https://, without name and password" };
  }
  const what = MISSING[unusable];
  if (variable.startsWith("/")) return { finding: `the file ${variable} with its ${what} cannot be read or is empty`, remedy: "write it, readable for the account that run or worker has" };
  return { finding: `the environment variable ${variable} with its ${what} is not set`, remedy: `set ${variable} wherever run or worker is started` };
}

/** Alerts that did not reach a target. */
export async function findUndelivered(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const states = Map.groupBy(await loadAlerts(await openLake(config)), ({ state }) => state);
  const [waiting, lost] = [states.get("failed")?.length ?? 0, states.get("given_up")?.length ?? 0];
  if (waiting + lost === 0) return [];
  const finding = `${String(waiting)} not delivered yet, ${String(lost)} given up`;
  return [{ check: "alerts", state: "attention", finding, remedy: "aperture-ledger alerts names them, aperture-ledger alerts test tries a target" }];
}
