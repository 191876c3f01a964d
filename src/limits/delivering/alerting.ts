import type { OnceTools, Rounds } from "../../messages/send-once.ts";
import type { Target } from "../../messages/target.ts";
import type { AnomalySettings } from "../anomalies/find-anomalies.ts";

/** The subjects of alerts, and how alerts are sent. */
export interface Alerting {
  notifying: Notifying;
  /** Undefined where it is not configured. */
  anomalies: AnomalyCheck | undefined;
  /** Present where hooks are configured: live estimates raise provisional alerts, which the ledger settles. */
  live?: true;
  tools: OnceTools;
}

export interface Notifying extends Rounds {
  targets: readonly Target[];
}

export interface AnomalyCheck extends AnomalySettings {
  /** Names of the targets. */
  notify: readonly string[];
  /** IANA name of the zone in which days begin. */
  timezone: string;
}
