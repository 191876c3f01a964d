import type { AllocationSettings } from "../src/allocation/settings/settings.ts";

/** Nobody is in any team. */
export const NO_TEAMS: AllocationSettings = {
  timezone: "UTC",
  teams: [],
  ignoredGroups: [],
  several: "primary",
  rules: [],
  pools: [],
  adjustments: [],
  policies: [],
};
