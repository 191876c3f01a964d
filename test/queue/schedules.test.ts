import { expect, test } from "vitest";
import { configSchema } from "../../src/config/config.ts";
import { declareSchedules, type ScheduleSettings } from "../../jobs/schedule.ts";
import { queueSettings, testQueues } from "./test-queue.ts";

test("the schedules of the design are declared where the configuration names none", async () => {
  const { jobs } = testQueues(queueSettings());
  const { declared, removed } = await declareSchedules(jobs, { timezone: "UTC" });
  expect(declared.map(({ id, pattern }) => [id, pattern])).toEqual([
    ["pull", "*/15 * * * *"],
    ["pull_all", "45 0 * * *"],
    ["nightly", "30 1 * * *"],
    ["chargeback", "0 6 1 * *"],
    ["retention", "0 4 * * *"],
    ["bills", "15 5 * * *"],
  ]);
  expect(removed).toEqual([]);
  const waiting = await jobs.getDelayed();
  expect(waiting.map(({ name }) => name).toSorted()).toEqual([
    "fetch-bills",
    "monthly-chargeback",
    "nightly-export",
    "pull-exports",
    "pull-exports",
    "retention-archive",
  ]);
});

test("the report of the month to date is scheduled where a pattern asks for it", async () => {
  const { jobs } = testQueues(queueSettings());
  const { declared } = await declareSchedules(jobs, configSchema.parse({ schedule: { month_to_date: "30 5 * * *" } }).schedule);
  expect(declared.map(({ id, pattern }) => [id, pattern])).toContainEqual(["month_to_date", "30 5 * * *"]);
  expect((await jobs.getDelayed()).map(({ name }) => name)).toContain("month-to-date");
});

test("a key changes one schedule or switches it off, and the others keep their usual patterns", async () => {
  const { jobs } = testQueues(queueSettings());
  const { declared } = await declareSchedules(jobs, configSchema.parse({ schedule: { pull: "off", bills: false, nightly: "0 3 * * *" } }).schedule);
  expect(declared.map(({ id, pattern }) => [id, pattern])).toEqual([
    ["pull_all", "45 0 * * *"],
    ["nightly", "0 3 * * *"],
    ["chargeback", "0 6 1 * *"],
    ["retention", "0 4 * * *"],
  ]);
});

test("declaring them again, from anywhere, changes nothing", async () => {
  const { jobs } = testQueues(queueSettings());
  const once = await declareSchedules(jobs, { timezone: "UTC" });
  const jobsOnce = (await jobs.getDelayed()).map(({ id }) => id).toSorted();
  const again = await Promise.all([1, 2, 3].map(() => declareSchedules(jobs, { timezone: "UTC" })));
  for (const { declared } of again) expect(declared).toEqual(once.declared);
  expect((await jobs.getDelayed()).map(({ id }) => id).toSorted()).toEqual(jobsOnce);
  expect(await jobs.getJobSchedulersCount()).toBe(6);
});

/** Settings that switch off all schedules except the given ones. */
function only(patterns: Partial<ScheduleSettings>): ScheduleSettings {
  const off = { pull: false, pull_all: false, nightly: false, month_to_date: false, chargeback: false, retention: false, bills: false } as const;
  return { timezone: "UTC", ...off, ...patterns };
}

test("one that is switched off disappears from Redis, with its next job", async () => {
  const { jobs } = testQueues(queueSettings());
  await declareSchedules(jobs, only({ pull: "*/5 * * * *", nightly: "0 2 * * *" }));
  const { declared, removed } = await declareSchedules(jobs, only({ pull: "*/5 * * * *" }));
  expect(declared.map(({ id }) => id)).toEqual(["pull"]);
  expect(removed).toEqual(["nightly"]);
  expect((await jobs.getDelayed()).map(({ name }) => name)).toEqual(["pull-exports"]);
});

test("patterns are read in the configured time zone", async () => {
  const { jobs } = testQueues(queueSettings());
  const { declared } = await declareSchedules(jobs, only({ timezone: "Asia/Kathmandu", nightly: "30 1 * * *" }));
  expect(declared[0]!.next.toISOString()).toMatch(/T19:45:00\.000Z$/);
});

test("patterns with seconds, last days and names of days run as they are configured", async () => {
  const { jobs } = testQueues(queueSettings());
  const written = { timezone: "Europe/Berlin", pull: "*/10 * * * * *", nightly: "0 30 1 * * MON-FRI", retention: "0 4 L * *" };
  const { declared } = await declareSchedules(jobs, configSchema.parse({ schedule: only(written) }).schedule);
  expect(declared.map(({ id, pattern }) => [id, pattern])).toEqual([
    ["pull", written.pull],
    ["nightly", written.nightly],
    ["retention", written.retention],
  ]);
  for (const { next } of declared) expect(next.getTime()).toBeGreaterThan(Date.now() - 60_000);
});
