import type { Config } from "../config/config.ts";
import type { HealthSettings } from "../health/conditions/health-settings.ts";
import { requireDollars } from "../ledger/dollars.ts";
import { HOUR_MS } from "../ledger/durations.ts";

/** The settings for conditions of the ledger itself, and the targets of alerts about them. */
export function healthSettings({ health }: Pick<Config, "health">): HealthSettings {
  return {
    notify: health.notify,
    ignore: new Set(health.ignore),
    silentMilliseconds: health.silent_hours * HOUR_MS,
    exporterLimit: health.exporter_limit,
    backlogExports: health.backlog_exports,
    noCapturePercent: health.no_capture_percent,
    quotaDrift: requireDollars(health.quota_drift.replace(/^\$/, ""), { what: "health.quota_drift", code: "config_invalid", remedy: 'write dollars such as "$1"' }),
  };
}
