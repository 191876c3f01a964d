import fc from "fast-check";
import { expect, test } from "vitest";
import { writeFocus } from "../../src/chargeback/export-focus.ts";
import { rankSessions } from "../../src/chargeback/gathering/rank-sessions.ts";
import { sumAgents } from "../../src/chargeback/gathering/sum-agents.ts";
import { sumDays } from "../../src/chargeback/gathering/sum-days.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { nameTeam } from "../../src/chargeback/report/name-team.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { readParquet, sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { IS_LIST_VALUE } from "../../src/ledger/usage/usage-record.ts";
import { adjustments, allocationSettings } from "../allocation/settings-arbitrary.ts";
import { builtRecord, withBuiltMonth } from "../chargeback/built-month.ts";
import { runs } from "./runs.ts";

const records = fc.array(builtRecord, { minLength: 1, maxLength: 40 });
const settings = fc.tuple(allocationSettings, adjustments, fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n }), { nil: undefined })).map(([all, changes, invoice]) => ({
  ...all,
  adjustments: changes,
  trueUps: invoice === undefined ? [] : [{ month: "2026-10", amounts: [{ provider: "anthropic", model: "opus", invoice }] }],
}));
/** Prices with eighteen decimals: their product with a cost is more than the database calculates with, and with a millionth of a token more than a list cost holds. */
const PRICES = compilePriceList([{ match: "opus", adjustment: "1.000000007", input: "3.000000001", output: 15, cached: 0.3, cache_write_5m: 3.75 }, { match: "haiku", input: 0, output: 0, cached: 0, cache_write_5m: 0 }], "UTC");

const ALLOCATED = "allocated JOIN allocated_owner USING (owner_id) JOIN usage_key USING (key_id)";

test("agents, days and sessions of a team come to what is allocated to it", async () => {
  await fc.assert(
    fc.asyncProperty(records, settings, (all, of) =>
      withBuiltMonth(all, of, async (tables) => {
        const { duck, days } = tables;
        const found = (await duck.runAndReadAll(`SELECT team, cost_center, coalesce(sum(cost) FILTER (NOT ${IS_LIST_VALUE}), 0)::HUGEINT, coalesce(sum(cost) FILTER (method <> 'adjustment'), 0)::HUGEINT,
          sum(requests)::HUGEINT, sum(unpriced_requests)::HUGEINT, sum(cached_tokens)::HUGEINT FROM ${ALLOCATED} GROUP BY ALL`)).getRows();
        const byTeam = new Map(found.map(([team, costCenter, ...sums]) => [nameTeam({ team: String(team), costCenter: costCenter === null ? null : String(costCenter) }), sums]));
        const total = (amounts: readonly (bigint | null)[]): bigint => amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n);

        const byAgent = await sumAgents(duck);
        const ofDays = await sumDays(duck, days);
        for (const [name, [owed, used, requests, unpriced, cached]] of byTeam) {
          const agents = (byAgent.get(name) ?? []).map(({ figures }) => figures);
          expect([total(agents.map((one) => sumOwed(one).cost)), total(agents.map((one) => one.requests)), total(agents.map((one) => one.unpricedRequests)), total(agents.map((one) => one.tokens.cached))]).toEqual([owed, requests, unpriced, cached]);
          const teamDays = ofDays.byTeam.get(name) ?? [];
          expect([total(teamDays.flatMap(({ billing }) => Object.values(billing))), total(teamDays.map((day) => day.requests))]).toEqual([used, requests]);
        }
        expect(total(ofDays.all.map((day) => day.requests))).toBe(total([...byTeam.values()].map(([, , requests]) => requests as bigint)));

        const { top, byTeam: sessions } = await rankSessions(tables);
        const [[asked] = []] = (await duck.runAndReadAll(`SELECT count(*)::HUGEINT FROM ${readParquet(...tables.usage.map(({ file }) => file))} WHERE session_id <> '' AND epoch_ms(ts) >= ${String(tables.month.from.getTime())} AND epoch_ms(ts) < ${String(tables.month.to.getTime())}`)).getRows();
        const areAll = top.length < 20;
        const ofTop = [total(top.map(({ requests }) => requests)), total(top.map(({ owed }) => owed))];
        expect(areAll ? ofTop : []).toEqual(areAll ? [asked, total([...sessions.values()].map(({ owed }) => owed))] : []);
      })),
    { ...runs(8), endOnFailure: true },
  );
});

test("charges add up to what each owner owes each day, to what was counted, and each is listed at its price for its quantity", async () => {
  await fc.assert(
    fc.asyncProperty(records, settings, (all, of) =>
      withBuiltMonth(all, of, async (tables) => {
        const { duck, borders } = tables;
        const { files, rows } = await writeFocus(tables, { prices: { list: PRICES, gateways: new Map() }, settings: { version: "1.2", detail: "caller", formats: ["csv", "parquet"] }, allocation: of }, { corrections: [] });
        const [parquet, csv] = [files.parquet ?? "", files.csv ?? ""];
        const from = `read_parquet(${sqlText(parquet)})`;
        const starts = `[${borders.map((border) => String(border.getTime())).join(", ")}]`;
        const key = "instance, caller, provider, model, billing, team, cost_center, tag, method, rule";
        const owed = await duck.runAndReadAll(`SELECT ${starts}[coalesce(piece, 0) + 1]::VARCHAR AS day, ${key}, sum(CASE WHEN ${IS_LIST_VALUE} AND method <> 'adjustment' THEN 0 ELSE cost END)::HUGEINT AS billed
          FROM ${ALLOCATED} WHERE cost IS NOT NULL GROUP BY ALL HAVING billed <> 0 ORDER BY ALL`);
        const charged = await duck.runAndReadAll(`SELECT epoch_ms(ChargePeriodStart)::VARCHAR AS day, x_Instance, x_Caller, ProviderName, x_Model, x_Billing, coalesce(SubAccountId, '(unallocated)'), x_CostCenter, coalesce(x_Tag, '(untagged)'), x_Method, x_Rule,
          (sum(BilledCost) * 1000000000)::HUGEINT AS billed FROM ${from} GROUP BY ALL HAVING billed <> 0 ORDER BY ALL`);
        expect(charged.getRows()).toEqual(owed.getRows());
        const off = await duck.runAndReadAll(`SELECT count(*) FILTER (ListCost <> (ListUnitPrice * PricingQuantity)::DECIMAL(38,30))::INTEGER, count(*) FILTER (ChargeCategory = 'Usage' AND (BilledCost < 0 OR ConsumedQuantity < 0))::INTEGER, count(*)::INTEGER
          FROM (SELECT * REPLACE (ListUnitPrice::DECIMAL(38,18) AS ListUnitPrice) FROM ${from} WHERE ListCost < 1000 AND PricingQuantity < 100)`);
        expect(off.getRows()[0]?.slice(0, 2)).toEqual([0, 0]);
        const counted = await duck.runAndReadAll(`SELECT (SELECT sum(count_of_cached)::HUGEINT FROM cost_group JOIN cost_price USING (price_no) WHERE rate_of_cached IS NOT NULL), (SELECT (sum(ConsumedQuantity))::HUGEINT FROM ${from} WHERE SkuMeter = 'Cached Input Tokens')`);
        const [[recorded, consumed] = []] = counted.getRows();
        expect(consumed ?? 0n).toEqual(recorded ?? 0n);
        const inCsv = await duck.runAndReadAll(`SELECT count(*)::INTEGER FROM read_csv(${sqlText(csv)}, header = true, all_varchar = true, max_line_size = 10000000)`);
        expect(inCsv.getRows()[0]?.[0]).toBe(rows);
      })),
    { ...runs(8), endOnFailure: true },
  );
});
