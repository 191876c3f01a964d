/** The kinds of conditions: problems of the ledger itself, or of the data that it gets. */
export const HEALTH_KINDS = ["exports_silent", "backlog", "gap_open", "damaged", "quarantined", "unpriced", "new_field", "no_capture", "verify_failed", "quota_drift"] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

/** The kinds of alerts. `provisional`: about a live estimate of a budget; `withdrawn`: withdraws a provisional alert. */
export const ALERT_KINDS = ["budget", "anomaly", "provisional", "withdrawn", ...HEALTH_KINDS] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
