import { expect, test } from "vitest";
import { describeSettings } from "../../src/allocation/shares/describe-settings.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { settingsOf, type Written, whoPays } from "./who-pays.ts";

const BY_REPOSITORY = (teams: Record<string, string>): Written => ({
  directory: { teams: [{ name: "web" }, { name: "payments" }] },
  allocation: { rules: [{ name: "ci", when: { tag: "tag:ci" }, by: "repo", teams }] },
});
const SEVERAL = (...groups: string[]): Written => ({ policies: { "2026-10-01": { groups: Object.fromEntries(groups.map((group) => [group, ["ann@example.com"]])) } } });

test.each<[string, string, Written, Written]>([
  ["patterns of a rule", "tag:ci", BY_REPOSITORY({ "acme/web-*": "web", "acme/*": "payments" }), BY_REPOSITORY({ "acme/*": "payments", "acme/web-*": "web" })],
  ["groups of the policy", "ann@example.com", SEVERAL("group:web", "group:data"), SEVERAL("group:data", "group:web")],
])("another order of the %s is another month: somebody else pays", (_what, caller, one, other) => {
  const [before, after] = [one, other].map((written) => whoPays(written, { by: caller, of: { dimensions: { repo: "acme/web-shop" } } }));
  expect(before).not.toEqual(after);
  const [was, is] = [one, other].map((written) => describeSettings(settingsOf(written), boundMonth("2026-10", "UTC")));
  expect(was).not.toBe(is);
});
