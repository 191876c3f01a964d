import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRule, joinRules, splitRules } from "../../src/archive/retention/format-rule.ts";
import { dueRules, expiryOf, type RecordOwner, rulesOf } from "../../src/archive/retention/expiry.ts";
import { expiredPart, decideOn } from "../../src/archive/retention/verdict.ts";
import type { RetentionRule } from "../../src/archive/retention/retention-rule.ts";
import { rule } from "./retained-archive.ts";

const MADE = new Date("2026-01-31T12:00:00Z");
const PAYMENTS: RecordOwner = { callerType: "user", teams: ["payments", "web"] };
const CI: RecordOwner = { callerType: "tag", teams: [] };

describe("of the rules for a content the first that fits a record decides", () => {
  test.each<[string, RetentionRule[], RecordOwner, string | undefined]>([
    ["no rule: for ever", [], PAYMENTS, undefined],
    ["a rule over everything", [rule("records", "7 years")], PAYMENTS, "2033-01-31T12:00:00.000Z"],
    ["a rule over the other content says nothing", [rule("bodies", "1 day")], PAYMENTS, undefined],
    ["a shorter one that comes later does not count", [rule("records", "7 years"), rule("records", "1 day")], PAYMENTS, "2033-01-31T12:00:00.000Z"],
    ["one over another team is passed over", [rule("records", "1 day", { teams: ["data"] }), rule("records", "2 days")], PAYMENTS, "2026-02-02T12:00:00.000Z"],
    ["any of its teams is enough", [rule("records", "1 day", { teams: ["data", "web"] })], PAYMENTS, "2026-02-01T12:00:00.000Z"],
    ["who is in no team fits no rule over teams", [rule("records", "1 day", { teams: ["web"] })], CI, undefined],
    ["the kind of caller", [rule("records", "1 day", { callerType: "tag" }), rule("records", "3 days")], CI, "2026-02-01T12:00:00.000Z"],
    ["kind and team both have to fit", [rule("records", "1 day", { callerType: "tag", teams: ["web"] })], PAYMENTS, undefined],
    ["what is unread is kept as long as any rule that may be meant", [rule("records", "1 day", { teams: ["web"] }), rule("records", "9 days"), rule("records", "90 days")], "unread", "2026-02-09T12:00:00.000Z"],
    ["also where the longer one comes first", [rule("records", "9 days", { callerType: "tag" }), rule("records", "1 day")], "unread", "2026-02-09T12:00:00.000Z"],
    ["and for ever where possibly none is", [rule("records", "1 day", { teams: ["web"] })], "unread", undefined],
  ])("%s", (_name, rules, owner, at) => {
    expect(expiryOf(rules, "records", owner, MADE)?.at.toISOString()).toBe(at);
  });

  test("rules of another gateway are none of its", () => {
    const [prod, lab, all] = [rule("records", "1 day", { instance: "prod" }), rule("records", "2 days", { instance: "lab" }), rule("records", "3 days")];
    expect(rulesOf([prod, lab, all], "lab")).toEqual([lab, all]);
  });
});

describe("age goes by the calendar, in UTC", () => {
  test.each([
    ["2026-01-31T12:00:00Z", "1 month", "2026-02-28T12:00:00Z"],
    ["2027-12-31T00:00:00Z", "2 months", "2028-02-29T00:00:00Z"],
    ["2028-02-29T08:00:00Z", "1 year", "2029-02-28T08:00:00Z"],
    ["2026-03-28T23:30:00Z", "1 day", "2026-03-29T23:30:00Z"],
    ["2026-10-24T22:30:00Z", "90 days", "2027-01-22T22:30:00Z"],
  ])("%s and %s", (made, keep, expires) => {
    const rules = [rule("records", keep)];
    const [at, moment] = [new Date(made), new Date(expires)];
    expect(expiredPart(rules, PAYMENTS, at, new Date(moment.getTime() - 1))).toBeNull();
    expect(expiredPart(rules, PAYMENTS, at, moment)?.content).toBe("records");
    expect(dueRules(rules, at, new Date(moment.getTime() - 1))).toEqual([]);
    expect(dueRules(rules, at, moment)).toEqual(rules);
  });
});

describe("the verdict over a copy", () => {
  const rules = [rule("records", "1 day", { teams: ["web"] }), rule("records", "1 year"), rule("bodies", "2 days")];
  const now = new Date("2026-02-03T12:00:00Z");
  const [gone, bodyGone] = [expiredPart(rules, PAYMENTS, MADE, now), expiredPart(rules, CI, MADE, now)];
  const never = (): boolean => false;

  test("is to keep what nothing has expired of", () => expect(decideOn([null, null], never)).toEqual({ what: "keep" }));
  test("is to purge what all has expired of", () => {
    expect(decideOn([gone, gone], never)).toEqual({ what: "purge", rule: "content: records, keep: 1 day, teams: [web]" });
  });
  test("is to reduce what some has expired of, and names both rules once", () => {
    expect(decideOn([gone, bodyGone, bodyGone, null], never)).toEqual({
      what: "reduce", records: 1, bodies: 2, rule: "content: bodies, keep: 2 days; content: records, keep: 1 day, teams: [web]",
    });
  });
  test("is to keep what only lost its bodies, once they are gone", () => {
    expect(decideOn([bodyGone, null], (one) => one.content === "bodies")).toEqual({ what: "keep" });
  });
});

test("rules are told apart again from the text that joins them, whatever teams are called", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.array(fc.string(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }), (teams) => {
      const described = teams.map((names) => formatRule(rule("bodies", "90 days", { teams: names })));
      expect(new Set(splitRules(joinRules(described)))).toEqual(new Set(described));
    }),
  );
});
