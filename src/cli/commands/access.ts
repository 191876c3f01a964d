import { reviewMonth } from "../../limits/review-access.ts";
import type { Clock } from "../../ledger/clock.ts";
import { boundMonth } from "../../ledger/months.ts";
import { describeReview, reviewJson } from "./describe-review.ts";
import { openAccess } from "../../open/open-access.ts";
import { openLake } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { openProgress, print, printJson } from "../terminal.ts";

export interface AccessFlags extends SettingFlags {
  /** `YYYY-MM` */
  month: string;
  unusedDays: number;
  json?: boolean;
}

/** Compares grants with a month's usage. */
export async function reviewGrants(flags: AccessFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const month = boundMonth(flags.month, config.timezone);
  const lake = await openLake(config);
  const access = await openAccess(config);
  const progress = await openProgress();
  const period = { month, unusedDays: flags.unusedDays, now: clock() };
  try {
    const review = await reviewMonth(lake, access, period, progress);
    progress.end();
    if (flags.json) printJson(reviewJson(review, access, period));
    else print(...describeReview(review, access, period));
  } finally {
    progress.end();
  }
  return 0;
}
