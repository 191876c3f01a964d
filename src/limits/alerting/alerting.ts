import type { AlertTarget } from "../alerts/alert-target.ts";
import type { AnomalySettings } from "../anomalies/find-anomalies.ts";
import type { SendingTools } from "../alerts/send-alert.ts";

/** What somebody is told of, and how. */
export interface Alerting {
  notifying: Notifying;
  /** Undefined where nobody asked for it. */
  anomalies: AnomalyCheck | undefined;
  tools: AlertTools;
}

export interface Notifying {
  targets: readonly AlertTarget[];
  /** How long the whole of sending may take. */
  withinMilliseconds: number;
  /** Evaluations that try to deliver an alert. */
  attempts: number;
  /** Pause after the first of them; it doubles with each. */
  retryMilliseconds: number;
}

export interface AlertTools extends SendingTools {
  /** Names this worker in the records of what it sends. */
  worker: string;
}

export interface AnomalyCheck extends AnomalySettings {
  /** Names of the targets. */
  notify: readonly string[];
  /** IANA name: of days. */
  timezone: string;
}
