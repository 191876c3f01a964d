import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseGatewayAccess, parsePolicyGrants } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { describeAccess, keptAccess } from "../../src/lake/records/kept-access.ts";
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
    const grants = [{ src: ["*"], via: [], app: { "tailscale.com/cap/aperture": [{ role: "user", mcp: {} }, { models: "**", quotas: [{ bucket: "a", colour: ["b"] }, { chain: [] }] }, { hooks: [] }] } }];
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

describe("overdrafts", () => {
  const grantOf = (...quotas: object[]) => parse(JSON.stringify({ grants: [{ src: ["*"], app: { "tailscale.com/cap/aperture": [{ models: "**", quotas }] } }] })).grants[0]?.models[0];

  it.each<[string, object, string[] | null]>([
    ["a name", { bucket: "a", overdraft: "b" }, ["b"]],
    ["a list of names", { bucket: "a", overdrafts: ["b", "c"] }, ["b", "c"]],
    ["an object", { bucket: "a", overdraft: { bucket: "b" } }, ["b"]],
    ["objects within each other", { bucket: "a", overdraft: [{ bucket: "b", overdraft: { bucket: "c" } }, "d"] }, ["b", "c", "d"]],
    ["a chain that begins with the bucket", { bucket: "a", chain: ["a", "b"] }, ["b"]],
    ["a chain beside the bucket", { bucket: "a", chain: [{ bucket: "b" }, "c"] }, ["b", "c"]],
    ["a chain and an overdraft beside it", { bucket: "a", chain: ["a", "b"], overdraft: "c" }, ["b", "c"]],
    ["a chain alone", { chain: ["a", { bucket: "b" }] }, ["b"]],
    ["a form that is not known", { bucket: "a", overdraft: true }, null],
    ["a list with something else in it", { bucket: "a", overdraft: ["b", 7] }, null],
    ["an overdraft of an overdraft that is not known", { bucket: "a", overdraft: { bucket: "b", overdraft: 7 } }, null],
    ["a chain that is not known", { bucket: "a", chain: { first: "b" } }, null],
  ])("may be written as %s", (_, written, lenders) => {
    expect(grantOf(written)).toEqual({ pattern: "**", buckets: ["a"], overdrafts: [{ bucket: "a", lenders }] });
  });

  it("may be none", () => {
    expect(grantOf({ bucket: "a", overdraft: null }, { bucket: "b", overdrafts: [] }, { bucket: "c", chain: ["c"] }, { bucket: "d", chain: null })).toEqual({ pattern: "**", buckets: ["a", "b", "c", "d"] });
  });

  it("may stand beside the bucket's capacity", () => {
    const { quotas } = parse(JSON.stringify({ quotas: { a: { capacity: "$1", overdraft: ["b"] }, b: { capacity: "$1", overdraft: 7 }, c: { capacity: "$1" } } }));
    expect(quotas.map(({ name, lenders }) => [name, lenders])).toEqual([["a", ["b"]], ["b", null], ["c", undefined]]);
  });

  it("are kept in the lake with everything else that is new, and nothing is kept of what a grant does not have", () => {
    const capability = [{ models: "**", quotas: [{ bucket: "a", overdraft: "b" }, { bucket: "c", overdraft: 7 }, { buckets: ["d"] }] }, { connectors: "github/**" }];
    const access = parse(JSON.stringify({ grants: [{ src: ["*"], srcPosture: ["posture:x"], app: { "tailscale.com/cap/aperture": capability } }], quotas: { a: { capacity: "$1", overdraft: "b" } } }));
    expect(keptAccess.parse(JSON.parse(JSON.stringify(describeAccess(access))))).toEqual(access);
    const plain = parse(JSON.stringify({ grants: [{ src: ["*"], app: { "tailscale.com/cap/aperture": [{ models: "**", quotas: [{ bucket: "a" }] }] } }], quotas: { a: { capacity: "$1" } } }));
    expect(JSON.stringify(describeAccess(plain))).toBe(
      `{"grants":[{"origin":"grants[0]","place":"line 1, column 12","src":["*"],"roles":[],"models":[{"pattern":"**","buckets":["a"]}]}],"quotas":[{"name":"a","place":"${plain.quotas[0]!.place}","capacity":"1.000000000","rate":{"amount":"0.000000000","unitMs":86400000}}]}`,
    );
  });
});

describe("what a grant has beside models", () => {
  it("is read from grants of both forms, with the postures it asks for", () => {
    const capability = [{ connectors: ["github/**", 7] }, { mcp_tools: "fetch_*", mcp_resources: {}, mcp_templates: null }];
    const { grants } = parse(JSON.stringify({ grants: [{ src: ["*"], srcPosture: ["posture:x"], app: { "tailscale.com/cap/aperture": capability } }], temp_grants: [{ src: ["*"], srcPosture: [], grants: [{ connectors: ["wiki/**"] }] }] }));
    expect(grants.map(({ postures, others }) => [postures, others])).toEqual([
      [["posture:x"], [{ kind: "connectors", patterns: ["github/**"] }, { kind: "mcp_tools", patterns: ["fetch_*"] }, { kind: "mcp_resources", patterns: [] }]],
      [undefined, [{ kind: "connectors", patterns: ["wiki/**"] }]],
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
