import { type MonthReview, reviewMonth } from "../../limits/review-access.ts";
import type { Clock } from "../../ledger/clock.ts";
import { findClose } from "../../lake/records/close-record.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { describeReview, reviewJson } from "./describe-review.ts";
import { openAccess, openClosedAccess } from "../../open/open-access.ts";
import { findSentSecrets, type SecretsReview } from "../../limits/find-sent-secrets.ts";
import { reviewMonthTools } from "../../limits/review-month-tools.ts";
import { describeTools, toolsJson } from "./describe-tools.ts";
import { openArchiving } from "../../open/archive-settings.ts";
import { findErasedCallers } from "../../open/erased-callers.ts";
import type { Progress } from "../../open/ledger.ts";
import { openArchive, openLake } from "../../open/open-stores.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { openProgress, print, printJson } from "../terminal.ts";

export interface AccessFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  unusedDays: number;
  /** Whether to compare a closed month with the current grants. */
  current?: boolean;
  /** Whether to search the copies for secrets that requests sent. */
  secrets?: boolean;
  json?: boolean;
}

/** Compares grants with a month's usage. */
export async function reviewGrants(flags: AccessFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { name, said } = monthOfFlag(flags.month, "last", config.timezone, clock());
  const lake = await openLake(config);
  const close = flags.current ? undefined : await findClose(lake, name);
  const month = boundMonth(name, close?.timezone ?? config.timezone);
  const access = close === undefined ? await openAccess(lake, config, clock()) : await openClosedAccess(lake, close, config);
  const progress = await openProgress();
  const period = { month, unusedDays: flags.unusedDays, now: clock() };
  try {
    const review = await reviewMonth(lake, access, period, progress);
    const tools = await reviewMonthTools(lake, month, config.access.tools?.known);
    const secrets = flags.secrets ? await lookForSecrets(lake, config, review, month, progress) : undefined;
    progress.end();
    if (flags.json) printJson({ ...reviewJson(review, access, period), ...toolsJson(tools, secrets) });
    else print(...said, ...describeReview(review, access, period), ...describeTools(tools, secrets, close !== undefined));
  } finally {
    progress.end();
  }
  return 0;
}

async function lookForSecrets(lake: ObjectStore, config: Config, { gateways }: MonthReview, month: Month, progress: Progress): Promise<SecretsReview> {
  const archive = await openArchive(config);
  const pseudonymOf = await findErasedCallers(archive, gateways.map(({ instance }) => instance), await openArchiving(config, false));
  return await findSentSecrets(lake, { archive, patterns: config.archive.redact, pseudonymOf }, month, progress);
}
