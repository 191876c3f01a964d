import { type CronExpression, CronExpressionParser } from "cron-parser";
import { z } from "zod";
import { isTimeZone, timezone } from "./timezone-section.ts";

/** YAML 1.1 reads `off` as a boolean, YAML 1.2 as a text. */
const OFF = /^off$/i;

/**
 * A cron pattern, or `false` for a job that is switched off. The pattern serves editors that complete from the JSON Schema; the parser
 * decides what a field may contain.
 */
const pattern = z
  .union([z.string().meta({ pattern: String.raw`^\s*(?:[Oo][Ff][Ff]|\S+(?:\s+\S+){4,5})\s*$` }), z.literal(false)])
  .transform((written) => (typeof written === "string" && OFF.test(written.trim()) ? false : written));

const patterns = {
  pull: pattern.optional().meta({ description: "Pulls new exports from every source. Usually every 15 minutes.", examples: ["*/15 * * * *"] }),
  pull_all: pattern.optional().meta({ description: "Pulls, looking at every object of every source. Usually at 00:45.", examples: ["45 0 * * *"] }),
  nightly: pattern.optional().meta({ description: "Rebuilds stale days, allocates their months and checks limits. Usually at 01:30.", examples: ["30 1 * * *"] }),
  month_to_date: pattern.optional().meta({ description: "Reports on the month to date. Runs only where a pattern is given.", examples: ["30 5 * * *"] }),
  chargeback: pattern.optional().meta({ description: "Reports on the month before. Usually on the 1st at 06:00.", examples: ["0 6 1 * *"] }),
  retention: pattern.optional().meta({ description: "Checks the archive, applies retention rules and seals the day's digests. Usually at 04:00.", examples: ["0 4 * * *"] }),
  bills: pattern.optional().meta({ description: "Fetches the bills in `reconciliation.fetch`. Usually at 05:15.", examples: ["15 5 * * *"] }),
};

const EXAMPLE = "such as 30 1 * * * for 01:30 every day, or 0 6 1 * * for 06:00 on the 1st; off switches the job off";

/** Patterns are checked from this moment on, so that a file is valid or invalid whenever it is read. */
const START = new Date("2026-01-01T00:00:00Z");

/** H is drawn at random each time the schedules are declared, which is every minute. */
const DRAWN = /(?<![A-Za-z])H(?![A-Za-z])/;

/** Describes the mistake in a cron pattern; undefined for a valid one. */
function cronMistake(written: string, zone: string): string | undefined {
  const fields = written.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) return "it must have five fields, or six with seconds in front";
  if (DRAWN.test(written)) return "H would become a different time whenever the schedules are declared";
  try {
    return neverComes(CronExpressionParser.parse(written, { tz: zone, currentDate: START })) ? "there is no such day" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A day such as 31 April passes the parser, and BullMQ would then schedule nothing and say nothing. */
function neverComes(parsed: CronExpression): boolean {
  try {
    parsed.next();
    return false;
  } catch {
    return true;
  }
}

export const scheduleSection = z
  .strictObject({ timezone: timezone.default("UTC").meta({ description: "IANA time zone of the patterns.", examples: ["Europe/Berlin"] }), ...patterns })
  .superRefine(({ timezone: zone, ...written }, context) => {
    if (!isTimeZone(zone)) return;
    for (const [id, one] of Object.entries(written)) {
      const mistake = typeof one === "string" ? cronMistake(one, zone) : undefined;
      if (mistake === undefined) continue;
      context.addIssue({ code: "custom", path: [id], message: `${JSON.stringify(one)} is not a cron pattern: ${mistake}; a pattern is ${EXAMPLE}` });
    }
  })
  .prefault({})
  .describe("Cron patterns of the worker's jobs: five fields, or six with seconds in front. A key changes one job, and the others keep their usual times; `off` switches a job off.");
