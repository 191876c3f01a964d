import type { AlertTarget } from "../alerts/alert-target.ts";
import type { AnomalySettings } from "../anomalies/find-anomalies.ts";
import type { SendingTools } from "../alerts/send-alert.ts";

/** What alerts are about, and how they are sent. */
export interface Alerting {
  notifying: Notifying;
  /** Undefined where it is not configured. */
  anomalies: AnomalyCheck | undefined;
  tools: AlertTools;
}

export interface Notifying {
  targets: readonly AlertTarget[];
  /** Time limit for sending all alerts. */
  withinMilliseconds: number;
  /** Number of evaluations that try to deliver an alert. */
  attempts: number;
  /** Pause after the first attempt; it doubles with each further one. */
  retryMilliseconds: number;
}

export interface AlertTools extends SendingTools {
  /** The name of this worker in alert records. */
  worker: string;
}

export interface AnomalyCheck extends AnomalySettings {
  /** Names of the targets. */
  notify: readonly string[];
  /** IANA name of the zone in which days begin. */
  timezone: string;
}
