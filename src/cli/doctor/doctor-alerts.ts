import type { Config } from "../../config/config.ts";
import { loadAlerts } from "../../lake/records/alert-record.ts";
import { type AlertTarget, type Environment, hostOf, resolveTarget, type Unusable } from "../../limits/alerts/alert-target.ts";
import { notifyingSettings, secretsOf } from "../../open/alert-settings.ts";
import { openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

/** Whether each target can be used here, by its host alone; nothing is sent. */
export function findInTargets(config: Config, env: Environment): Finding[] {
  const secrets = secretsOf(config, env);
  return notifyingSettings(config).targets.map((target) => describeTarget(target, secrets));
}

function describeTarget(target: AlertTarget, env: Environment): Finding {
  const check = `notify ${target.name}`;
  if (target.kind === "stdout") return { check, state: "ok", finding: "standard output" };
  const receiver = resolveTarget(target, env);
  if ("unusable" in receiver) return { check, state: "failed", ...explain(receiver) };
  const how = target.kind === "slack" ? "" : receiver.secret === undefined ? ", not signed" : ", signed";
  return { check, state: "ok", finding: `${target.kind} at ${hostOf(receiver)}${how}` };
}

function explain({ unusable, variable }: Unusable): Pick<Finding, "finding" | "remedy"> {
  if (unusable === "url_invalid") {
    return { finding: `${variable} holds no url for alerts`, remedy: "it has to be http://… or https://…, without name and password" };
  }
  const what = unusable === "url_missing" ? "url" : "secret";
  if (variable.startsWith("/")) return { finding: `the file ${variable} with its ${what} cannot be read or is empty`, remedy: "write it, readable for the account that run or worker has" };
  return { finding: `the environment variable ${variable} with its ${what} is not set`, remedy: `set ${variable} wherever run or worker is started` };
}

/** Alerts that somebody should have had and has not. */
export async function findUndelivered(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const states = Map.groupBy(await loadAlerts(await openLake(config)), ({ state }) => state);
  const [waiting, lost] = [states.get("failed")?.length ?? 0, states.get("given_up")?.length ?? 0];
  if (waiting + lost === 0) return [];
  const finding = `${String(waiting)} not delivered yet, ${String(lost)} given up`;
  return [{ check: "alerts", state: "attention", finding, remedy: "aperture-ledger alerts names them, aperture-ledger alerts test tries a target" }];
}
