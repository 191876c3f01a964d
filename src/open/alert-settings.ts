import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { AlertTools, AnomalyCheck, Notifying } from "../limits/delivering/alerting.ts";
import type { Config } from "../config/config.ts";
import type { AlertTarget, Environment } from "../limits/alerts/alert-target.ts";
import type { Clock } from "../ledger/clock.ts";
import { requireDollars } from "../ledger/dollars.ts";

type Written = Config["notify"][number];

/** Where alerts go, and how often sending is tried. */
export function notifyingSettings({ notify, alerts }: Pick<Config, "notify" | "alerts">): Notifying {
  return {
    targets: notify.map(toTarget),
    withinMilliseconds: alerts.within_seconds * 1000,
    attempts: alerts.attempts,
    retryMilliseconds: alerts.retry_minutes * 60_000,
  };
}

function toTarget(written: Written): AlertTarget {
  if (written.kind === "stdout") return written;
  const { name, kind, url, timeout_seconds: seconds } = written;
  const secretEnv = written.kind === "webhook" ? (written.secret_env ?? written.secret_file) : undefined;
  return { name, kind, url, urlEnv: written.url_env ?? written.url_file, secretEnv, timeoutMilliseconds: seconds * 1000 };
}

/** The environment, and the contents of the files that targets name, by path. A file that cannot be read counts as empty; sending reports it. */
export function secretsOf({ notify }: Pick<Config, "notify">, env: Environment = process.env): Environment {
  const paths = notify.flatMap((target) => {
    if (target.kind === "stdout") return [];
    return [target.url_file, target.kind === "webhook" ? target.secret_file : undefined].filter((path) => path !== undefined);
  });
  return { ...env, ...Object.fromEntries(paths.map((path) => [path, readText(path)])) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** How days are compared with earlier ones; undefined if the configuration does not ask for it. */
export function anomalyCheck({ anomalies, notify, timezone }: Pick<Config, "anomalies" | "notify" | "timezone">): AnomalyCheck | undefined {
  if (anomalies === undefined) return undefined;
  const { of, history_days: historyDays, least_days: leastDays, threshold, minimum, direction } = anomalies;
  return {
    of,
    historyDays,
    leastDays,
    threshold,
    minimum: requireDollars(minimum.replace(/^\$/, ""), { what: "anomalies.minimum", code: "config_invalid", remedy: 'write dollars such as "$20"' }),
    direction,
    notify: anomalies.notify ?? notify.map(({ name }) => name),
    timezone,
  };
}

/** @param print writes a line for the alert target standard output. @param env what `secretsOf` found. */
export function alertTools(print: (json: string) => void, env: Environment, clock: Clock): AlertTools {
  return {
    clock,
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
    random: Math.random,
    env,
    print,
    worker: `${hostname()}-${String(process.pid)}-${randomUUID().slice(0, 8)}`,
  };
}
