import { describe, expect, test } from "vitest";
import { compileCondition, type Subject } from "../src/allocation/shares/conditions.ts";
import { decider } from "../src/allocation/shares/decide.ts";
import { openDirectory } from "../src/allocation/settings/directory.ts";
import { withPseudonyms } from "../src/allocation/settings/erased-logins.ts";
import { settingsAt, type SettingsInForce } from "../src/allocation/settings/in-force.ts";
import { holdCovers } from "../src/archive/retention/hold.ts";
import { expiryOf, rulesOf } from "../src/archive/retention/expiry.ts";
import { parseDuration } from "../src/archive/retention/duration.ts";
import { configuredBudgets } from "../src/open/configured-budgets.ts";
import { configSchema } from "../src/config/config.ts";
import { accessJudge } from "../src/limits/access/judge-access.ts";
import { scopeMatcher } from "../src/limits/budgets/scope.ts";
import { sourceMatcher } from "../src/limits/access/grant-source.ts";
import { bucketMatcher } from "../src/limits/quotas/match-quotas.ts";
import { compilePriceList } from "../src/prices/list/price-list.ts";
import type { AccessGrant } from "../src/ledger/gateway/gateway-access.ts";
import { AWKWARD_NAMES } from "./awkward-names.ts";
import { spentOn } from "./limits/spent.ts";
import { mapOf } from "./map-of.ts";
import { NO_TEAMS } from "./no-teams.ts";

const SUBJECT: Subject = { instance: "prod", caller: "ann@example.com", callerType: "user", tags: [], provider: "anthropic", model: "opus", billing: "metered", dimensions: {}, groups: [], teams: [] };
const IN_FORCE = settingsAt(NO_TEAMS, 0);

function holds(settings: Partial<SettingsInForce>): SettingsInForce {
  return { ...IN_FORCE, ...settings };
}

function grant(of: Partial<AccessGrant>): AccessGrant & { instance: null } {
  return { instance: null, origin: "grants[0]", place: "line 1, column 1", src: ["*"], roles: ["user"], models: [], ...of };
}

/** Each says whether a written name means a value; a login is in lower case in usage. */
const PLACES: Record<string, (written: string, value: string) => boolean> = {
  "when.caller": (written, value) => compileCondition(mapOf({ caller: written }))({ ...SUBJECT, caller: value.toLowerCase() }),
  "when.tag": (written, value) => compileCondition(mapOf({ tag: [written] }))({ ...SUBJECT, tags: ["tag:x", value] }),
  "when.group": (written, value) => compileCondition(mapOf({ group: written }))({ ...SUBJECT, groups: [value] }),
  "when.gateway": (written, value) => compileCondition(mapOf({ gateway: written }))({ ...SUBJECT, instance: value }),
  "when.provider": (written, value) => compileCondition(mapOf({ provider: written }))({ ...SUBJECT, provider: value }),
  "when.model": (written, value) => compileCondition(mapOf({ model: written }))({ ...SUBJECT, model: value }),
  "when.team": (written, value) => compileCondition(mapOf({ team: written }))({ ...SUBJECT, team: value }),
  "when.teams": (written, value) => compileCondition(mapOf({ teams: [written] }))({ ...SUBJECT, teams: [value] }),
  "when.<dimension>": (written, value) => compileCondition(mapOf({ constructor: written }))({ ...SUBJECT, dimensions: Object.fromEntries([["constructor", value]]) }),
  "the values of by": (written, value) => {
    const settings = holds({ rules: [{ name: "by", when: mapOf({}), by: "repo", teams: new Map([[written, "web"]]) }] });
    return decider(settings, openDirectory(settings))({ ...SUBJECT, dimensions: { repo: value } }).rule === "by";
  },
  "a member's login": (written, value) => openDirectory(holds({ teams: [{ name: "web", members: [written] }] })).teamsOf({ caller: value.toLowerCase(), tags: [] }).length === 1,
  "a member's tag": (written, value) => openDirectory(holds({ teams: [{ name: "web", members: [`tag:${written}`] }] })).teamsOf({ caller: "", tags: [`tag:${value}`] }).length === 1,
  "a member's group": (written, value) => {
    const policy = { groups: mapOf({ [`group:${value}`]: ["ann@example.com"] }), tagOwners: mapOf<string[]>({}) };
    return openDirectory(holds({ policy, teams: [{ name: "web", members: [`group:${written}`] }] })).teamsOf({ caller: "ann@example.com", tags: [] })[0]?.team === "web";
  },
  "a login of a group": (written, value) => {
    const policy = { groups: mapOf({ "group:web": [written] }), tagOwners: mapOf<string[]>({}) };
    return openDirectory(holds({ policy })).teamsOf({ caller: value.toLowerCase(), tags: [] }).length === 1;
  },
  "an ignored group": (written, value) => {
    const policy = { groups: mapOf({ [`group:${value}`]: ["ann@example.com"] }), tagOwners: mapOf<string[]>({}) };
    return openDirectory(holds({ policy, ignoredGroups: [`group:${written}`] })).teams.size === 0;
  },
  "scope.caller": (written, value) => scopeMatcher(mapOf({ caller: written }))(spentOn("2026-10-01", { caller: value.toLowerCase() })),
  "scope.tag": (written, value) => scopeMatcher(mapOf({ tag: written }))(spentOn("2026-10-01", { tag: value })),
  "scope.team": (written, value) => scopeMatcher(mapOf({ team: written }))(spentOn("2026-10-01", { team: value })),
  "scope.gateway": (written, value) => scopeMatcher(mapOf({ gateway: written }))(spentOn("2026-10-01", { instance: value })),
  "scope.provider": (written, value) => scopeMatcher(mapOf({ provider: written }))(spentOn("2026-10-01", { provider: value })),
  "scope.model": (written, value) => scopeMatcher(mapOf({ model: written }))(spentOn("2026-10-01", { model: value })),
  "scope.<dimension>": (written, value) => scopeMatcher(mapOf({ constructor: written }))(spentOn("2026-10-01", { dimensions: Object.fromEntries([["constructor", value]]) })),
  "a price": (written, value) => compilePriceList([{ match: written, input: 1 }], "UTC")[0]!.matches(value),
  "a grant's source": (written, value) => sourceMatcher([written], null)({ caller: value.toLowerCase(), tags: [] }),
  "a grant's tag": (written, value) => sourceMatcher([`tag:${written}`], null)({ caller: "", tags: [`tag:${value}`] }),
  "a grant's group": (written, value) =>
    sourceMatcher([`group:${written}`], { groups: mapOf({ [`group:${value}`]: ["ann@example.com"] }), tagOwners: mapOf<string[]>({}) })({ caller: "ann@example.com", tags: [] }),
  "a grant's models": (written, value) => {
    const attempt = { instance: "prod", caller: "ann@example.com", callerType: "user" as const, tags: [], provider: "p", model: value };
    return accessJudge([grant({ models: [{ pattern: `p/${written}`, buckets: [] }] })], null, new Set())(attempt).lacks.length === 0;
  },
  "a quota's models": (written, value) => {
    const quotas = [{ name: "q", place: "", capacity: 1n, rate: { amount: 1n, unitMs: 1 } }];
    const match = bucketMatcher({ grants: [grant({ models: [{ pattern: `p/${written}`, buckets: ["q"] }] })], quotas }, [], null);
    return match({ caller: "ann@example.com", tags: [], nodeId: null, provider: "p", modelRecorded: `p/${value}` }).length === 1;
  },
  "a retention rule's gateway": (written, value) => rulesOf([{ content: "records", keep: parseDuration("1 day")!, instance: written, teams: undefined, callerType: undefined }], value).length === 1,
  "a retention rule's team": (written, value) =>
    expiryOf([{ content: "records", keep: parseDuration("1 day")!, instance: undefined, teams: [written], callerType: undefined }], "records", { callerType: "user", teams: [value] }, new Date(0)) !== undefined,
  "a hold's caller": (written, value) => holdCovers({ selection: { instance: null, caller: written, session: null, from: null, to: null } }, { instance: "prod", caller: value, session: null, ts: 0 }),
  "a rule's erased caller": (written, value) => {
    const settings = { ...NO_TEAMS, rules: [{ when: mapOf({ caller: written }), team: "web" }], pseudonymOf: (login: string) => (login === value.toLowerCase() ? "erased-1" : undefined) };
    return compileCondition(withPseudonyms(settings).rules[0]!.when)({ ...SUBJECT, caller: "erased-1" });
  },
  "a budget's erased caller": (written, value) => {
    const config = configSchema.parse({ limits: [{ name: "one", amount: 1, per: "day", scope: { caller: written } }] });
    const [budget] = configuredBudgets(config, { ...NO_TEAMS, pseudonymOf: (login) => (login === value.toLowerCase() ? "erased-1" : undefined) });
    return budget?.pseudonyms?.includes("erased-1") ?? false;
  },
};

describe.each(Object.entries(PLACES))("in %s", (_place, means) => {
  test("a name means itself, whatever is in it", () => {
    expect(AWKWARD_NAMES.filter((name) => !means(name, name))).toEqual([]);
  });

  test("a name without wildcards means nothing else", () => {
    const names = AWKWARD_NAMES.filter((name) => !/[*?]/.test(name));
    // =a is a spelled out, and = is nothing spelled out.
    const others = (name: string): string[] => AWKWARD_NAMES.filter((other) => other !== name && name !== `=${other}` && other.toLowerCase() !== name.toLowerCase());
    expect(names.flatMap((name) => others(name).filter((other) => means(name, other)).map((other) => `${name} means ${other}`))).toEqual([]);
  });
});
