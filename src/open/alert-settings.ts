import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { AnomalyCheck, Notifying } from "../limits/delivering/alerting.ts";
import type { Config } from "../config/config.ts";
import type { OnceTools } from "../messages/send-once.ts";
import type { Environment } from "../messages/target.ts";
import type { Clock } from "../ledger/clock.ts";
import { requireDollars } from "../ledger/dollars.ts";
import { configuredTargets } from "./configured-targets.ts";

/** Where alerts go, and how often sending is tried. */
export function notifyingSettings(config: Pick<Config, "notify" | "smtp" | "alerts">): Notifying {
  const { alerts } = config;
  return {
    targets: configuredTargets(config),
    withinMilliseconds: alerts.within_seconds * 1000,
    attempts: alerts.attempts,
    retryMilliseconds: alerts.retry_minutes * 60_000,
  };
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
export function alertTools(print: (json: string) => void, env: Environment, clock: Clock): OnceTools {
  return {
    clock,
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
    random: Math.random,
    env,
    print,
    worker: `${hostname()}-${String(process.pid)}-${randomUUID().slice(0, 8)}`,
  };
}
