import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import { readBill } from "../../src/reconciliation/bills/read-bill.ts";

function refusalOf(text: string): string {
  try {
    readBill("bill", text);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "bill_invalid") return `${error.message}\n${error.remedy}`;
    throw error;
  }
  return "taken as a bill";
}

const DAY = '"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z"';
const SECONDS = '"start_time": 1790812800, "end_time": 1790899200';

describe("JSON that is not a known report is refused, never taken as an empty bill", () => {
  test.each<[string, string, RegExp]>([
    ["a list of another shape", '{"data": [{"day": "2026-10-01", "cost": 12.5}]}', /found data of objects with "day", "cost"\nexpected are Anthropic's usage or cost report, OpenAI's/],
    ["empty objects", '{"data": [{}]}', /found data of objects without members/],
    ["an empty object", "{}", /found objects without members/],
    ["another report", '{"report": {"total": 5}}', /found objects with "report"/],
    ["an error of the API", '{"type": "error", "error": {"type": "authentication_error"}}', /found objects with "type", "error"/],
    ["values in place of buckets", '{"data": ["2026-10-01", 5, null]}', /found data of a string/],
    ["null in place of a bucket", '{"data": [null]}', /found data of null/],
    ["data that is no list", '{"data": {"results": []}}', /found objects with "data"/],
    ["buckets without results", `{"data": [{${DAY}}]}`, /found data of objects with "starting_at", "ending_at"/],
    ["results without a bucket", '{"data": [{"results": [{"amount": "5"}]}]}', /found data of objects with "results"/],
    ["a known bucket and another", `{"data": [{${DAY}, "results": []}, {"cost": 5}]}`, /found data of objects with "cost"/],
    ["buckets of both providers", `{"data": [{${DAY}, "results": []}, {${SECONDS}, "results": []}]}`, /found data of objects with "starting_at"/],
    ["results of another shape", `{"data": [{${DAY}, "results": [{"spend": "5"}]}]}`, /found results of objects with "spend"/],
    ["empty results", `{"data": [{${SECONDS}, "results": [{}]}]}`, /found results of objects without members/],
    ["results that are no list", `{"data": [{${DAY}, "results": {"amount": 5}}]}`, /data\[0\]\.results: /],
    ["times of the wrong type", `{"data": [{"starting_at": 5, "ending_at": 6, "results": []}]}`, /data\[0\]\.starting_at: /],
    ["an amount of the wrong type", `{"data": [{${DAY}, "results": [{"amount": {"value": 5}, "currency": "USD", "description": "x"}]}]}`, /results\[0\]\.amount: /],
    ["a count of the wrong type", `{"data": [{${SECONDS}, "results": [{"input_tokens": "many", "output_tokens": 1, "model": "m"}]}]}`, /results\[0\]\.input_tokens: "many"/],
    ["no response at all", "[]", /found an empty list/],
    ["a list of lists", "[[]]", /found a list/],
    ["an empty list of anything", '{"data": []}', /found an empty list that does not say has_more: false/],
    ["an empty list that goes on", '{"data": [], "has_more": true}', /found an empty list that does not say has_more: false/],
    ["an unknown page among known ones", `[{"data": [{${DAY}, "results": []}]}, {"data": [{"cost": 1}]}]`, /^bill, page 2: .*"cost"/],
  ])("%s", (_name, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  test("the end of a paged report is an empty bill, and so are known buckets in which nothing was used", () => {
    for (const text of ['{"data": [], "has_more": false, "next_page": null}', `{"data": [{${DAY}, "results": []}]}`, `{"object": "page", "data": [{"object": "bucket", ${SECONDS}, "results": []}]}`]) {
      expect(readBill("bill", text)).toEqual([{ kind: "generic-csv", origin: "bill", provider: null, entries: [], spans: [] }]);
    }
  });

  test("whatever the list holds", () => {
    const other = fc.dictionary(fc.string().filter((name) => name !== "results"), fc.jsonValue(), { maxKeys: 5 });
    fc.assert(fc.property(fc.array(fc.oneof(other, fc.jsonValue().filter((one) => typeof one !== "object" || one === null)), { minLength: 1, maxLength: 4 }), fc.boolean(), (data, more) => {
      expect(refusalOf(JSON.stringify({ data, has_more: more }))).toMatch(/^bill: it is not a known kind of bill: found data of /);
    }));
  });

  test("any JSON is refused or is one of the empty ones", () => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue().filter((value) => typeof value === "object" && value !== null)), (value) => {
      expect(refusalOf(JSON.stringify(value))).toMatch(/it is not a known kind of bill/);
    }));
  });

  test("values are not repeated in messages, long names are cut", () => {
    const message = refusalOf(JSON.stringify({ data: [{ secret: "sk-hidden", ["x".repeat(500)]: 1 }] }));
    expect(message).not.toContain("sk-hidden");
    expect(message).not.toContain("x".repeat(41));
  });
});

const GENERIC = "date,provider,model,cost_usd";

describe("another currency in a column of dollars is refused", () => {
  test.each<[string, string, RegExp]>([
    ["in a column currency", `${GENERIC},currency\n2026-10-01,a,m,5,USD\n2026-10-02,a,m,5,EUR\n`, /^bill, line 3, column currency: the currency is "EUR", but the column is in USD\ngive amounts in other currencies in the columns cost and currency/],
    ["in a column of another spelling", `Date;Provider;Model;Cost_USD;Billing Currency\n2026-10-01;a;m;5;chf\n`, /^bill, line 2, column billing currency: the currency is "chf"/],
    ["a currency of OpenAI's that is none", "start_time,end_time,amount_value,amount_currency,line_item\n1790812800,1790899200,5,euro,x\n", /^bill, line 2, column amount_currency: "euro" is not a valid currency/],
    ["in a column of dollars beside a cost", `${GENERIC},cost,currency\n2026-10-01,a,m,5,4,EUR\n`, /column cost: "4" looks like money/],
    ["of no line", "date,provider,model,cost,currency\n2026-10-01,a,m,4,\n", /^bill, line 2, column currency: it is empty/],
    ["an amount of OpenAI's without one", "start_time,end_time,amount_value,amount_currency,line_item\n1790812800,1790899200,5,,x\n", /^bill, line 2, column amount_currency: it is empty/],
    ["also beside counts", "date,provider,model,token_type,tokens,currency\n2026-10-01,a,m,input,5,Eur\n", /the currency is "Eur"/],
    ["in Anthropic's", "usage_date_utc,model,token_type,cost_usd,cost_type,currency\n2026-10-01,m,output,5,token,GBP\n", /the currency is "GBP"/],
  ])("%s", (_name, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  test("dollars are taken, however they are spelled", () => {
    for (const currency of ["USD", "usd", " Usd "]) expect(refusalOf(`${GENERIC},Currency\n2026-10-01,a,m,5,${currency}\n`)).toBe("taken as a bill");
  });

  test("any code but USD, in any line and letter case, is named with its line", () => {
    const code = fc.stringMatching(/^[a-zA-Z]{3}$/).filter((one) => one.toUpperCase() !== "USD");
    const column = fc.constantFrom("currency", "Currency", "CURRENCY", "currency_code", "Currency Code", "billing_currency", "BillingCurrency");
    fc.assert(fc.property(code, column, fc.nat({ max: 4 }), (currency, name, line) => {
      const rows = Array.from({ length: 5 }, (_, index) => `2026-10-0${String(index + 1)},a,m,5,${index === line ? currency : "USD"}`);
      expect(refusalOf([`${GENERIC},${name}`, ...rows].join("\n"))).toContain(`bill, line ${String(line + 2)}, column ${name.toLowerCase()}: the currency is "${currency}"`);
    }));
  });
});

describe("money that a CSV's reader would not see is refused", () => {
  const isRefused = (cell: string): boolean => /looks like money/.test(refusalOf(`${GENERIC};Fee\n2026-10-01;a;m;5;"${cell}"\n`.replace(GENERIC, GENERIC.replaceAll(",", ";"))));

  test("however people write an amount", () => {
    const written = [
      "12", "1 234.56", "1\u00A0234,56 €", "1\u202F234", "1'234.50", "1’234.50", ".50", "1.2e3", "2E-3", "(12.00)", "($12.00)", "$(12.00)", "-$12", "$ -12", "12.00-", "−12",
      "US$ 12", "CA$12", "R$ 12", "12 US$", "₩12", "¢5", "12 zł", "kr 12", "12 kr.", "Rs. 500", "EUR12", "12EUR", "12 EUR net", "12 EUR incl. 19% VAT", "12 USD/month", "£12 CR", "12 dollars",
    ];
    expect(written.filter((cell) => !isRefused(cell))).toEqual([]);
  });

  test("and what is no amount, or none of anything, is left alone", () => {
    const others = [
      "0", "$0.00", "(0.00)", "0e3", "0 EUR net", "-", "USD", "standard", "2026-10-05", "2026-10-05T00:00:00Z", "10/05/2026", "5 Oct 2026", "October 5, 2026", "12:30", "19%",
      "eng-12", "PO-123", "tier 2 pricing", "Q4 2026", "FY2026", "v2", "3 months",
    ];
    expect(others.filter(isRefused)).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ["a cost beside tokens", "date,provider,model,token_type,tokens,cost\n2026-10-01,a,m,input,5,12.50\n", /^bill, line 2, column cost: "12\.50" looks like money, but the column is unknown/],
    ["a cost in euro", "date,provider,model,token_type,tokens,cost_eur\n2026-10-01,a,m,input,5,1\n", /column cost_eur: "1" looks like money/],
    ["a tax beside the cost", `${GENERIC},Tax\n2026-10-01,a,m,5,0.95\n`, /column tax: "0\.95" looks like money/],
    ["an amount with a sign", `${GENERIC},Credit (EUR)\n2026-10-01,a,m,5,-€3\n`, /column credit \(eur\): "-€3" looks like money/],
    ["a cost of Anthropic's usage", "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_read,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_output_tokens,web_search_count,total_cost\n2026-10-01,m,1,0,0,0,1,0,7\n", /column total_cost: "7"/],
  ])("%s", (_name, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  test("columns that only speak of it, and amounts of nothing, do no harm", () => {
    const text = `${GENERIC},cost_center,total_tokens,tax,credit\n2026-10-01,a,m,5,R&D 4,100,0.00,\n`;
    expect(refusalOf(text)).toBe("taken as a bill");
  });

  test.each<[string, string, RegExp]>([
    ["neither tokens nor cost_usd", "date,provider,model,cost\n", /^bill: it has none of tokens, cost_usd, and cost with currency; its columns are "date,provider,model,cost"/],
    ["a count of Anthropic's", "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n", /anthropic-usage-csv, but it lacks the column usage_input_tokens_cache_read, /],
    ["a count of OpenAI's", "start_time,end_time,model,input_tokens,output_tokens\n", /openai-usage-csv, but it lacks the column input_cached_tokens/],
    ["the currency of OpenAI's", "start_time,end_time,amount_value,line_item\n", /openai-costs-csv, but it lacks the column amount_currency/],
    ["a column that occurs twice", `${GENERIC},Cost_USD\n2026-10-01,a,m,5,6\n`, /^bill: the column "cost_usd" occurs twice/],
  ])("a header says what is missing: %s", (_name, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });
});
