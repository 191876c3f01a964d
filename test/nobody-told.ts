import type { Alerting } from "../src/limits/delivering/alerting.ts";

/** No targets, no anomalies. */
export const NOBODY_TOLD: Alerting = {
  notifying: { targets: [], withinMilliseconds: 5000, attempts: 1, retryMilliseconds: 1000 },
  anomalies: undefined,
  tools: { clock: () => new Date(), wait: () => Promise.resolve(), random: () => 0.5, env: {}, print: () => undefined, worker: "test" },
};
