import { getNextMillis } from "bullmq";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { configSchema } from "../../src/config/config.ts";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";

const TIMEZONE = "Europe/Berlin";

function isTaken(nightly: string, timezone = TIMEZONE): boolean {
  return configSchema.safeParse({ schedule: { timezone, nightly } }).success;
}

/** When BullMQ would run it next: it throws for a pattern that it cannot read, and says nothing for one that never comes. */
function nextRun(pattern: string, tz: string): number | undefined {
  return getNextMillis(Date.parse("2026-11-29T12:00:00Z"), { pattern, tz });
}

test.each([
  "30 1 * * *",
  "*/15 * * * *",
  "0 6 1 * *",
  "*/3 * * * * *",
  "0 30 1 * * MON-FRI",
  "0 0 * * thu",
  "0 0 1 jan,MAR *",
  "0 0 L * *",
  "0 0 * * 5L",
  "0 0 * * MON#2",
  "0 0 29 2 *",
  "0 0 * * 7",
  "? ? ? ? ?",
  " 30 1  * * * ",
])("%j is a pattern", (pattern) => {
  expect(isTaken(pattern)).toBe(true);
  expect(nextRun(pattern, TIMEZONE)).toBeGreaterThan(0);
});

test.each([
  ["", "five fields"],
  ["often", "five fields"],
  ["5", "five fields"],
  ["@daily", "five fields"],
  ["0 0 30 1 * * *", "five fields"],
  ["61 25 * * *", "got value 61 expected range 0-59"],
  ["0 25 * * *", "got value 25 expected range 0-23"],
  ["0 0 0 * *", "got value 0 expected range 1-31"],
  ["*/0 * * * *", "cannot repeat at every 0 time"],
  ["*/5x * * * *", "Invalid characters"],
  ["5-1 * * * *", "min(5) > max(1)"],
  ["0 0 * * MOO", 'cannot resolve alias "moo"'],
  ["0 0 15W * *", "Invalid characters"],
  ["0 0 31 2 *", "Invalid explicit day of month"],
  ["0 0 31 4,6 *", "there is no such day"],
  ["H H * * *", "whenever the schedules are declared"],
  ["0 0 H/2 * *", "whenever the schedules are declared"],
])("%j is a mistake that is explained", (pattern, why) => {
  const { error } = configSchema.safeParse({ schedule: { nightly: pattern } });
  expect(error?.issues).toEqual([
    expect.objectContaining({ path: ["schedule", "nightly"], message: expect.stringContaining(`${JSON.stringify(pattern)} is not a cron pattern: `) as string }),
  ]);
  expect(error?.issues[0]?.message).toContain(why);
  expect(error?.issues[0]?.message).toContain("such as 30 1 * * *");
});

test.each([
  ["pull: off", "a text, as YAML 1.2 reads it"],
  ["%YAML 1.1\n---\nschedule: {pull: off}", "a boolean, as YAML 1.1 reads it"],
  ["pull: false", "a boolean in both"],
  ["pull: OFF", "in capitals"],
])("%j switches a job off: %s", (written) => {
  const text = written.startsWith("%") ? written : `schedule: {${written}}`;
  const { schedule } = checkConfig(parseYaml(text, "aperture-ledger.yaml").value, "aperture-ledger.yaml");
  expect([schedule.pull, schedule.nightly]).toEqual([false, undefined]);
  // The flags of a call are applied to what the file was read as.
  expect(checkConfig({ schedule }, "the command line").schedule).toEqual(schedule);
});

test("what is neither a pattern nor off is a mistake that names both", () => {
  const { value, places } = parseYaml("schedule: {pull: on}", "aperture-ledger.yaml");
  expect(() => checkConfig(value, "aperture-ledger.yaml", places)).toThrow(/"on" is not a cron pattern: .*; off switches the job off/);
});

test("each of several mistakes has its place, its value and an example", () => {
  const written = { schedule: { pull: "often", nightly: "61 25 * * *", retention: "0 4 * * *" } };
  expect(() => checkConfig(written, "aperture-ledger.yaml")).toThrow(
    expect.objectContaining({
      code: "config_invalid",
      message: expect.stringMatching(/"often".*such as 30 1 \* \* \*.*\n.*schedule\.pull\n.*"61 25 \* \* \*".*such as 30 1 \* \* \*.*\n.*schedule\.nightly$/) as string,
    }),
  );
});

test("where the time zone is not one, that alone is the mistake", () => {
  const { error } = configSchema.safeParse({ schedule: { timezone: "Mars/Olympus", nightly: "30 1 * * *" } });
  expect(error?.issues.map(({ path }) => path)).toEqual([["schedule", "timezone"]]);
});

describe("whatever the configuration takes, BullMQ runs", () => {
  const number = fc.integer({ min: 0, max: 62 }).map(String);
  const name = fc.constantFrom("MON", "thu", "JAN", "dec", "L", "5L", "MON#2", "2#5", "H", "*", "?");
  const range = fc.tuple(number, number).map(([from, to]) => `${from}-${to}`);
  const stepped = fc.tuple(fc.oneof(number, range, fc.constant("*")), number).map(([what, step]) => `${what}/${step}`);
  const list = fc.array(fc.oneof(number, range, name), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(","));
  const within = (min: number, max: number) => fc.oneof(fc.constant("*"), fc.integer({ min, max }).map(String));
  const usual = fc.tuple(within(0, 59), within(0, 23), within(1, 31), within(1, 12), within(0, 7)).map((fields) => fields.join(" "));
  const odd = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, number, range, name, stepped, list), { minLength: 4, maxLength: 7 }).map((fields) => fields.join(" "));
  const nonsense = fc.string({ unit: fc.constantFrom(..."0123456789*/,-?#LHW @MONTUEa\t".split("")) });
  const zone = fc.constantFrom("UTC", TIMEZONE, "Asia/Kathmandu", "America/St_Johns");

  test("usual patterns, odd ones and nonsense", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(usual, odd, nonsense), zone, (pattern, timezone) => {
        if (!isTaken(pattern, timezone)) return;
        taken += 1;
        expect(nextRun(pattern, timezone)).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test("what it leaves out of the usual patterns are days that no year has", () => {
    fc.assert(
      fc.property(usual, (pattern) => {
        if (isTaken(pattern)) return;
        const [, , day, month, weekday] = pattern.split(" ");
        expect([weekday, Number(day) > 29, ["2", "4", "6", "9", "11"].includes(month!)]).toEqual(["*", true, true]);
      }),
      { numRuns: 500 },
    );
  });
});
