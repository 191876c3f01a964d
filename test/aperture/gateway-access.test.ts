import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseGatewayAccess, parsePolicyGrants } from "../../src/aperture/gateway/parse-gateway-access.ts";
import type { GatewayAccess } from "../../src/ledger/gateway/gateway-access.ts";
import { describeWithFixtures } from "../fixtures.ts";

const DAY = 86_400_000;

function parse(text: string): GatewayAccess {
  return parseGatewayAccess(text, "http://ai/api/config");
}

function quotaOf(capacity: unknown, rate: unknown): GatewayAccess {
  return parse(JSON.stringify({ quotas: { q: { capacity, rate } } }));
}

describeWithFixtures("the grants and quotas of a gateway's configuration", ["aperture-config.hujson", "policy.hujson"], (pathOf) => {
  const text = readFileSync(pathOf("aperture-config.hujson"), "utf8");

  it("are read with the place of each", () => {
    const { grants, quotas } = parse(text);
    expect(quotas).toEqual([
      { name: "daily:<user>", place: "line 23, column 5", capacity: 10_000_000_000n, rate: { amount: 5_000_000_000n, unitMs: DAY } },
      { name: "opus:<user>", place: "line 24, column 5", capacity: 5_000_000_000n, rate: { amount: 2_500_000_000n, unitMs: DAY } },
      { name: "ci-monthly", place: "line 25, column 5", capacity: 120_000_000_000n, rate: { amount: 120_000_000_000n, unitMs: 30 * DAY } },
      { name: "team-monthly", place: "line 26, column 5", capacity: 500_000_000_000n, rate: { amount: 500_000_000_000n, unitMs: 30 * DAY } },
    ]);
    expect(grants).toEqual([
      { origin: "grants[0]", place: "line 29, column 5", src: ["admin@example.com"], roles: ["admin"], models: [] },
      {
        origin: "grants[1]",
        place: "line 30, column 5",
        src: ["*"],
        roles: ["user"],
        models: [
          { pattern: "**", buckets: ["daily:<user>", "team-monthly"] },
          { pattern: "*/claude-opus*", buckets: ["opus:<user>"] },
        ],
      },
      { origin: "grants[2]", place: "line 35, column 5", src: ["tag:ci"], roles: [], models: [{ pattern: "anthropic/**", buckets: ["ci-monthly"] }] },
      { origin: "temp_grants[0]", place: "line 38, column 20", src: ["user20@example.com"], roles: ["user"], models: [{ pattern: "anthropic/*", buckets: [] }] },
    ]);
  });

  it("are the same, places included, as GET /api/config wraps them", () => {
    expect(parse(JSON.stringify({ config: text, hash: "abc" }))).toEqual(parse(text));
  });

  it("may stand in the tailnet policy as well, among grants that are about other things", () => {
    expect(parsePolicyGrants(readFileSync(pathOf("policy.hujson"), "utf8"), "policy")).toEqual([
      { origin: "policy grants[0]", place: "line 19, column 5", src: ["tag:ci"], roles: ["user"], models: [{ pattern: "anthropic/**", buckets: ["ci-monthly"] }] },
    ]);
    const others = '{"grants": [{"src": ["*"], "dst": ["*"], "ip": ["*"]}, {"src": ["*"], "dst": ["*"], "app": {"example.com/cap/x": [7]}}, 7]}';
    expect(parsePolicyGrants(others, "policy")).toEqual([]);
  });
});

describe("what is legal and unusual", () => {
  it.each(["{}", '{"grants": null, "temp_grants": null, "quotas": null}', '{"grants": [], "quotas": {}, "hooks": {"x": [1]}}'])("nothing at all: %s", (text) => {
    expect(parse(text)).toEqual({ grants: [], quotas: [] });
  });

  it("is left alone where it is not known", () => {
    const grants = [{ src: ["*"], via: [], app: { "tailscale.com/cap/aperture": [{ role: "user", mcp: {} }, { models: "**", quotas: [{ bucket: "a", overdraft: ["b"] }, { chain: [] }] }, { hooks: [] }] } }];
    const { grants: read } = parse(JSON.stringify({ grants, quotas: { a: { capacity: "$1", rate: "$1/day", on_exceed: "warn", colour: 1 } } }));
    expect(read).toMatchObject([{ roles: ["user"], models: [{ pattern: "**", buckets: ["a"] }] }]);
  });

  it("buckets beside the models are charged for all of the grant's models", () => {
    const grants = [{ src: ["*"], app: { "tailscale.com/cap/aperture": [{ models: ["a/*", "b/*"] }, { quotas: [{ bucket: "q" }] }] } }];
    expect(parse(JSON.stringify({ grants })).grants[0]?.models).toEqual([{ pattern: "a/*", buckets: ["q"] }, { pattern: "b/*", buckets: ["q"] }]);
  });

  it("a name that is written twice is kept twice, so that it can be reported", () => {
    const text = '{"quotas": {\n "a": {"capacity": "$1"},\n "a": {"capacity": "$2", "rate": null}}}';
    expect(parse(text).quotas.map(({ place, capacity, rate }) => [place, capacity, rate.amount])).toEqual([
      ["line 2, column 2", 1_000_000_000n, 0n],
      ["line 3, column 2", 2_000_000_000n, 0n],
    ]);
  });
});

describe("amounts", () => {
  it.each<[string, string, bigint, bigint, number]>([
    ["$0.000000001", "$0.1/min", 1n, 100_000_000n, 60_000],
    ["$10", "$5.00 / hour", 10_000_000_000n, 5_000_000_000n, 3_600_000],
    ["12.30", "7/week", 12_300_000_000n, 7_000_000_000n, 7 * DAY],
    ["$0", "$0/month", 0n, 0n, 30 * DAY],
  ])("%s and %s are read exactly", (capacity, rate, nanodollars, amount, unitMs) => {
    expect(quotaOf(capacity, rate).quotas).toMatchObject([{ capacity: nanodollars, rate: { amount, unitMs } }]);
  });

  it.each<[string, unknown, unknown, RegExp]>([
    ["an unknown unit", "$1", "$5.00/year", /quotas\.q\.rate: "\$5\.00\/year" has the unit "year"; known units are min, hour, day, week, month at line 1, column 40$/],
    ["a unit that every object has", "$1", "$5/constructor", /has the unit "constructor"/],
    ["no unit", "$1", "$5.00", /not an amount per unit/],
    ["two units", "$1", "$5/day/day", /not an amount per unit/],
    ["a negative rate", "$1", "-$5/day", /"-\$5" is negative/],
    ["a negative capacity", "$-1", "$5/day", /quotas\.q\.capacity: "\$-1" is negative at line 1, column 28/],
    ["more than nine decimals", "$0.0000000001", "$5/day", /not an amount of dollars/],
    ["another currency", "€5", "$5/day", /"€5" is not an amount/],
    ["an exponent", "1e3", "$5/day", /"1e3" is not an amount/],
    ["a number", 5, "$5/day", /quotas\.q\.capacity: .*expected string.* at line 1, column 28/],
    ["nothing", undefined, "$5/day", /quotas\.q\.capacity: .* at line 1, column 16/],
  ])("%s is refused with line and column", (_, capacity, rate, message) => {
    expect(() => quotaOf(capacity, rate)).toThrow(expect.objectContaining({ code: "gateway_config_invalid", message: expect.stringMatching(message) as string }));
  });

  it("a mistake has the line of the text that is wrapped", () => {
    expect(() => parse(JSON.stringify({ config: '{\n "quotas": {\n  "q": {"capacity": "$1", "rate": "$1/jiffy"}}}', hash: "x" }))).toThrow(/at line 3, column 35$/);
  });
});

describe("a grant that cannot be read", () => {
  it.each([
    ['{"grants": [\n{"src": "x", "app": {"tailscale.com/cap/aperture": []}}]}', /grants\.0\.src: .* at line 2, column 9$/],
    ['{"grants": [{"src": ["x"], "app": {"tailscale.com/cap/aperture": [{"models":\n 7}]}}]}', /models: .* at line 2, column 2$/],
    ['{"temp_grants": [{"src": ["x"], "grants": [{"role":\n  {}}]}]}', /temp_grants\.0\.grants\.0\.role: .* at line 2, column 3$/],
    ['{"quotas":\n []}', /quotas: .* at line 2, column 2$/],
  ])("is refused with line and column: %s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
