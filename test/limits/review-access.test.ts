import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GrantedAccess, type MonthReview, reviewMonth } from "../../src/limits/review-access.ts";
import { parseGatewayAccess, parsePolicyGrants } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { fillLake, type RealLake } from "../chargeback/real-lake.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { grantsOf } from "./reviewed.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";

const ANN = "ann@example.com";
const OPUS = "anthropic/claude-opus-4-8";
const NOW = new Date("2025-12-24T00:00:00Z");

/** Reviews October 2025, in the time zone and at the time that are given. */
async function reviewOf(lake: RealLake, access: Partial<GrantedAccess>, { timezone = "UTC", now = NOW, unusedDays = 90, month = "2025-10" } = {}): Promise<MonthReview> {
  const current: GrantedAccess = { close: null, instances: ["prod"], accessOf: () => ({ grants: [] }), tailnetGrants: [], policy: null, ...access };
  return await reviewMonth(lake.store, current, { month: boundMonth(month, timezone), unusedDays, now }, lake.ledger.telling.progress);
}

async function withRequests<Result>(requests: readonly Asked[], use: (lake: RealLake) => Promise<Result>): Promise<Result> {
  const folder = join(temporaryFolder(), "exports");
  writeRequests(folder, requests);
  const lake = await fillLake(folder);
  try {
    return await use(lake);
  } finally {
    await lake.remove();
  }
}

const anthropic: Partial<GrantedAccess> = { accessOf: () => ({ grants: grantsOf({ src: ANN, models: ["anthropic/**"] }) }) };

describe("a month's review", () => {
  test("is of the month in its time zone", async () => {
    const at = ["2025-09-30T21:59:59Z", "2025-09-30T22:00:00Z", "2025-10-31T22:59:59Z", "2025-10-31T23:00:00Z"];
    await withRequests(at.map((one) => ({ by: ANN, at: one })), async (lake) => {
      const { uncovered } = await reviewOf(lake, {}, { timezone: "Europe/Berlin" });
      expect(uncovered).toEqual([expect.objectContaining({ requests: 2, first: new Date(at[1]!), last: new Date(at[2]!) })]);
    });
  });

  test("matches what was recorded, with the provider in front of it once", async () => {
    const models = [OPUS, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "openrouter/meta/llama-4"];
    await withRequests(models.map((model) => ({ by: ANN, at: "2025-10-05T12:00:00Z", model, dollars: null })), async (lake) => {
      const { uncovered } = await reviewOf(lake, {});
      expect(uncovered.map(({ model }) => model).sort()).toEqual([OPUS, expect.stringMatching(/^[a-z]+\/us\.anthropic\.claude-sonnet-4-5-20250929-v1:0$/), "openrouter/meta/llama-4"]);
    });
  });

  test("looks as many days back from the month's end as a grant may be unused, and says from when on the ledger knows", async () => {
    await withRequests([{ by: ANN, at: "2025-08-04T12:00:00Z" }, { by: "bob@example.com", at: "2025-10-05T12:00:00Z" }], async (lake) => {
      const used = await reviewOf(lake, anthropic);
      expect([used.unused, used.unusedSince, used.lookedAt]).toEqual([[], new Date("2025-08-03T00:00:00Z"), { from: "2025-08-03", to: "2025-10-05" }]);
      expect(used.gateways).toEqual([{ instance: "prod", grants: 1, version: null, knownFrom: "2025-08-04", daysWithout: 87 }]);
      const unused = await reviewOf(lake, anthropic, { unusedDays: 60 });
      expect(unused.unused).toEqual([expect.objectContaining({ pattern: "anthropic/**", lastUsed: null })]);
      expect(unused.gateways).toEqual([expect.objectContaining({ knownFrom: "2025-08-04", daysWithout: 59 })]);
    });
  });

  test("counts from now in a month that is not over", async () => {
    await withRequests([{ by: ANN, at: "2025-07-20T12:00:00Z" }, { by: "bob@example.com", at: "2025-10-05T12:00:00Z" }], async (lake) => {
      expect((await reviewOf(lake, anthropic, { now: new Date("2025-10-10T00:00:00Z") })).unused).toEqual([]);
      expect((await reviewOf(lake, anthropic)).unused).toHaveLength(1);
    });
  });

  test("takes a grant that was used after the month for used", async () => {
    await withRequests([{ by: "bob@example.com", at: "2025-10-05T12:00:00Z" }, { by: ANN, at: "2025-12-05T12:00:00Z" }], async (lake) => {
      const { unused, uncovered } = await reviewOf(lake, anthropic);
      expect([unused, uncovered.map(({ caller }) => caller)]).toEqual([[], ["bob@example.com"]]);
    });
  });

  test("looks at the whole month, however few days a grant may be unused", async () => {
    await withRequests([{ by: ANN, at: "2025-10-05T12:00:00Z" }, { by: ANN, at: "2025-10-31T12:00:00Z", model: "openai/gpt-5" }], async (lake) => {
      const { unused } = await reviewOf(lake, anthropic, { unusedDays: 7 });
      expect(unused).toEqual([expect.objectContaining({ pattern: "anthropic/**", lastUsed: new Date("2025-10-05T12:00:00Z") })]);
    });
  });

  test("names gateways whose grants are not known, and those without usage", async () => {
    await withRequests([{ by: ANN, at: "2025-10-05T12:00:00Z" }], async (lake) => {
      const { uncovered, gateways } = await reviewOf(lake, { instances: ["lab"], accessOf: (instance) => (instance === "lab" ? { grants: [] } : undefined) });
      expect(uncovered).toEqual([]);
      expect(gateways).toEqual([
        { instance: "lab", grants: 0, version: null, knownFrom: null, daysWithout: 0 },
        { instance: "prod", grants: null, version: null, knownFrom: "2025-10-05", daysWithout: 26 },
      ]);
    });
  });

  test("is refused for a month without usage", async () => {
    await withRequests([{ by: ANN, at: "2025-10-05T12:00:00Z" }], async (lake) => {
      await expect(reviewOf(lake, {}, { month: "2025-11" })).rejects.toMatchObject({ code: "month_empty", message: expect.stringContaining("2025-11") as string });
    });
  });
});

describeWithFixtures("the access review of the autumn exports", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  let lake: RealLake;
  let review: MonthReview;
  beforeAll(async () => {
    lake = await fillLake(pathOf("autumn"));
    const [config, policy] = ["aperture-config.hujson", "policy.hujson"].map((name) => readFileSync(pathOf(name), "utf8")) as [string, string];
    const access = parseGatewayAccess(config, "the gateway");
    const current = { accessOf: () => access, tailnetGrants: parsePolicyGrants(policy, "the policy"), policy: parsePolicy(policy, "the policy") };
    review = await reviewOf(lake, current, { month: "2026-10", now: new Date("2026-11-02T00:00:00Z") });
  });
  afterAll(async () => await lake.remove());

  test.each([
    ["denied", "401, 403"],
    ["rejected", "429"],
  ] as const)("%s requests by caller and model are those of a query over usage", async (kind, codes) => {
    const rows = await query(`
      SELECT caller, provider || '/' || regexp_replace(model_recorded, '^(anthropic|anthropic-passthrough)/', '') AS model, count(*)::INTEGER AS requests,
        epoch_ms(min(ts))::DOUBLE AS first, epoch_ms(max(ts))::DOUBLE AS last
      FROM read_parquet('${lake.directory}/usage/*/*.parquet') WHERE status_code IN (${codes}) AND strftime(ts, '%Y-%m') = '2026-10'
      GROUP BY ALL ORDER BY requests DESC, caller, model`);
    expect(rows.length).toBeGreaterThan(20);
    expect(review[kind].map(({ caller, model, requests, first, last }) => ({ caller, model, requests, first: first.getTime(), last: last.getTime() }))).toEqual(rows);
  });

  test("everybody is covered by the grant to everybody, and every pattern was used", () => {
    expect([review.uncovered, review.unused]).toEqual([[], []]);
    expect(review.unseen.map(({ grant, entry }) => [grant.origin, grant.place, entry])).toEqual([["grants[0]", "line 29, column 5", "admin@example.com"]]);
  });

  test("rejected requests for opus name its bucket, and those of CI its own", () => {
    for (const { caller, model, buckets } of review.rejected) {
      expect([caller, model, buckets.includes("opus:<user>")]).toEqual([caller, model, model.includes("/claude-opus")]);
      expect([caller, model, buckets.includes("ci-monthly")]).toEqual([caller, model, caller === "tag:ci" && model.startsWith("anthropic/")]);
      expect(buckets).toEqual(expect.arrayContaining(["daily:<user>", "team-monthly"]));
    }
  });

  test("says that the ledger knows less than 90 days", () => {
    expect(review.lookedAt.from).toBe("2026-08-03");
    expect(review.gateways).toEqual([{ instance: "prod", grants: 4, version: null, knownFrom: "2026-09-15", daysWithout: 0 }]);
  });
});
