import { describe, expect, test } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { BillLine } from "../../src/reconciliation/comparison/bill.ts";
import { readLineItem } from "../../src/reconciliation/bills/openai-line-items.ts";
import { readBill } from "../../src/reconciliation/bills/read-bill.ts";
import { combineBills, eachFileOnce } from "../../src/reconciliation/comparison/combine-bills.ts";

/** As the documentation of each API shows its response, with figures of our own. */
const ANTHROPIC_USAGE = `{"data": [{"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z", "results": [
  {"uncached_input_tokens": 1500, "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500}, "cache_read_input_tokens": 200,
   "output_tokens": 50, "server_tool_use": {"web_search_requests": 10}, "api_key_id": "apikey_1", "workspace_id": "wrkspc_1", "model": "claude-sonnet-4-5-20250929",
   "service_tier": "standard", "context_window": "0-200k"}]},
  {"starting_at": "2026-10-02T00:00:00Z", "ending_at": "2026-10-03T00:00:00Z", "results": []}], "has_more": false, "next_page": null}`;
const ANTHROPIC_COST = `{"data": [{"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z", "results": [
  {"currency": "USD", "amount": "123.78912", "workspace_id": "wrkspc_1", "description": "Claude Sonnet 4.5 Usage - Input Tokens", "cost_type": "tokens",
   "context_window": "0-200k", "model": "claude-sonnet-4-5-20250929", "service_tier": "standard", "token_type": "uncached_input_tokens"},
  {"currency": "USD", "amount": "10", "workspace_id": "wrkspc_1", "description": "Web Search Usage", "cost_type": "web_search", "model": null, "token_type": null},
  {"currency": "USD", "amount": "-5.5", "workspace_id": null, "description": "Code Execution Usage", "cost_type": "code_execution", "model": null, "token_type": null}]}],
  "has_more": false, "next_page": null}`;
const OPENAI_USAGE = `{"object": "page", "data": [{"object": "bucket", "start_time": 1790812800, "end_time": 1790899200, "results": [
  {"object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 500, "input_cached_tokens": 800, "num_model_requests": 5,
   "project_id": "proj_a", "user_id": null, "api_key_id": null, "model": "gpt-5-2025-08-07", "batch": null, "service_tier": null}]}], "has_more": false, "next_page": null}`;
const OPENAI_COSTS = `{"object": "page", "data": [{"object": "bucket", "start_time": 1790812800, "end_time": 1790899200, "results": [
  {"object": "organization.costs.result", "amount": {"value": 0.10000000000000000555, "currency": "usd"}, "line_item": "gpt-5-2025-08-07, cached input", "project_id": "proj_a"},
  {"object": "organization.costs.result", "amount": {"value": 6e-05, "currency": "usd"}, "line_item": "gpt-5-2025-08-07, output", "project_id": "proj_a"},
  {"object": "organization.costs.result", "amount": {"value": 1, "currency": "usd"}, "line_item": "web search tool calls", "project_id": null}]}], "has_more": false, "next_page": null}`;

const ANTHROPIC_USAGE_CSV = `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed
2026-10-01,claude-sonnet-4-5-20250929,"key, one",wrkspc_1,standard,≤ 200k,1500,500,1000,200,50,10,global,
`;
const ANTHROPIC_COST_CSV = `usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed
2026-10-01,Claude Sonnet 4.5,wrkspc_1,key,message,≤ 200k,input_cache_read,1.24,1.24,token,global,
`;
const OPENAI_USAGE_CSV = `start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens
1790812800,1790899200,2026-10-01T00:00:00+00:00,2026-10-02T00:00:00+00:00,proj_a,5,,,gpt-5-2025-08-07,,,1000,500,800
1790899200,1790985600,2026-10-02T00:00:00+00:00,2026-10-03T00:00:00+00:00,,,,,,,,,,
`;
const OPENAI_COSTS_CSV = `start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id,organization_name
1790812800,1790899200,2026-10-01T00:00:00+00:00,2026-10-02T00:00:00+00:00,0.5455665000000000,usd,"gpt-5-2025-08-07, input",proj_a,org-1,Personal
1790899200,1790985600,2026-10-02T00:00:00+00:00,2026-10-03T00:00:00+00:00,,,,,,
`;

function linesOf(text: string): string[] {
  return readBill("bill", text).flatMap(({ entries }) => entries.flatMap(({ lines }) => lines.map(describeLine)));
}

function describeLine({ date, provider, model, type, workspace, tokens, cost }: BillLine): string {
  return `${date} ${provider}/${model} ${workspace ?? "-"} ${type}: ${String(tokens ?? "-")} tokens, ${String(cost ?? "-")}`;
}

const gpt = "2026-10-01 openai/gpt-5-2025-08-07 proj_a";

describe("a bill is told by its content and read exactly", () => {
  const sonnet = "2026-10-01 anthropic/claude-sonnet-4-5-20250929 wrkspc_1";
  const counted = [`${sonnet} input: 1500 tokens, -`, `${sonnet} cached: 200 tokens, -`, `${sonnet} cache_write_5m: 500 tokens, -`, `${sonnet} cache_write_1h: 1000 tokens, -`, `${sonnet} output: 50 tokens, -`, `${sonnet} web_search: 10 tokens, -`];
  test.each([
    ["Anthropic's usage report", ANTHROPIC_USAGE, counted],
    ["Anthropic's usage as CSV", ANTHROPIC_USAGE_CSV, counted],
    ["Anthropic's cost report, in cents", ANTHROPIC_COST, [
      `${sonnet} input: - tokens, 1237891200`,
      "2026-10-01 anthropic/web_search wrkspc_1 web_search: - tokens, 100000000",
      "2026-10-01 anthropic/Code Execution Usage - other: - tokens, -55000000",
    ]],
    ["Anthropic's cost as CSV, in dollars", ANTHROPIC_COST_CSV, ["2026-10-01 anthropic/claude-sonnet-4-5 wrkspc_1 cached: - tokens, 1240000000"]],
    ["OpenAI's usage, with the cached among the input", OPENAI_USAGE, [`${gpt} input: 200 tokens, -`, `${gpt} cached: 800 tokens, -`, `${gpt} output: 500 tokens, -`]],
    ["OpenAI's usage as CSV", OPENAI_USAGE_CSV, [`${gpt} input: 200 tokens, -`, `${gpt} cached: 800 tokens, -`, `${gpt} output: 500 tokens, -`]],
    ["OpenAI's costs", OPENAI_COSTS, [`${gpt} cached: - tokens, 100000000`, `${gpt} output: - tokens, 60000`, "2026-10-01 openai/web_search - web_search: - tokens, 1000000000"]],
    ["OpenAI's costs as CSV", OPENAI_COSTS_CSV, [`${gpt} input: - tokens, 545566500`]],
    ["a CSV of anybody, optional columns left out", "date,provider,model,cost_usd\n2026-10-01,Anthropic,claude-x,12.5\n", ["2026-10-01 anthropic/claude-x - all: - tokens, 12500000000"]],
    ["a CSV with all of it, by semicolons", "\uFEFFDate;Provider;Model;Token_Type;Tokens;Cost_USD;Workspace\r\n2026-10-01;openai;gpt-5;cached;7;0.1;proj\r\n", ["2026-10-01 openai/gpt-5 proj cached: 7 tokens, 100000000"]],
  ])("%s", (_name, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  test.each([
    ["an array of pages", `[${ANTHROPIC_USAGE}, ${ANTHROPIC_COST}]`],
    ["a page a line", `${ANTHROPIC_USAGE.replaceAll("\n", "")}\n${ANTHROPIC_COST.replaceAll("\n", "")}\n`],
  ])("several responses in one file: %s", (_name, text) => {
    expect(linesOf(text)).toEqual([...linesOf(ANTHROPIC_USAGE), ...linesOf(ANTHROPIC_COST)]);
  });

  test("numbers keep their digits where a float would lose them", () => {
    expect(JSON.parse("12345678.123456789")).toBe(12_345_678.123_456_79);
    expect(linesOf(OPENAI_COSTS.replace("6e-05", "12345678.123456789"))[1]).toBe(`${gpt} output: - tokens, 12345678123456789`);
  });
});

describe("a line item of OpenAI's costs", () => {
  test.each([
    ["gpt-5-mini-2025-08-07, input", "gpt-5-mini-2025-08-07 input"],
    ["gpt-5-mini-2025-08-07, cached input", "gpt-5-mini-2025-08-07 cached"],
    ["gpt-5-mini-2025-08-07, Output", "gpt-5-mini-2025-08-07 output"],
    ["gpt-5.6-sol, cache writes", "gpt-5.6-sol cache_write_5m"],
    ["priority | gpt-5.6-sol, output, long context", "gpt-5.6-sol output"],
    ["gpt-image-1 text, cached input", "gpt-image-1 cached"],
    ["gpt-audio-mini-2025-12-15 audio, input", "gpt-audio-mini-2025-12-15 input"],
    ["ft:gpt-4o-2024-08-06:acme::id, input", "ft:gpt-4o-2024-08-06:acme::id input"],
    ["web search tool calls", "web_search web_search"],
    ["web search tool calls | gpt-4o", "web_search web_search"],
    ["whisper-1, audio", "whisper-1, audio other"],
    ["gpt-5, inputs", "gpt-5, inputs other"],
    ["batch gpt 5, input", "batch gpt 5, input other"],
    ["Vector storage", "Vector storage other"],
    ["", " other"],
  ])("%s", (item, read) => {
    const { model, type } = readLineItem(item);
    expect(`${model} ${type}`).toBe(read);
  });
});

describe("what cannot be read is named", () => {
  test.each([
    ["no bill", '{"rows": []}', /^bill: it is not a known kind of bill/],
    ["an unknown CSV", "a,b\n1,2\n", /^bill: it is not a known kind of bill.*"a,b"/],
    ["no JSON", "{", /^bill: it is not JSON/],
    ["a bad line of JSON", `${ANTHROPIC_USAGE.replaceAll("\n", "")}\n{"data": [`, /^bill, line 2: it is not JSON/],
    ["a bad amount", ANTHROPIC_COST.replace('"123.78912"', '"1,5"'), /^bill: data\[0\]\.results\[0\]\.amount: "1,5" is not a valid decimal amount/],
    ["an amount beyond range", OPENAI_COSTS.replace("6e-05", "1e30"), /results\[1\]\.amount\.value: "1e30" is not a valid decimal amount/],
    ["a part of a token", OPENAI_USAGE.replace("1000", "1000.5"), /results\[0\]\.input_tokens: "1000\.5" is not a valid whole number/],
    ["usage of another kind", OPENAI_USAGE.replace("usage.completions.result", "usage.embeddings.result"), /results\[0\]\.object: only the usage of completions/],
    ["a currency that is none", OPENAI_COSTS.replace('"usd"', '"euros"'), /results\[0\]\.amount\.currency: "euros" is not a currency/],
    ["no models", ANTHROPIC_USAGE.replace('"model": "claude-sonnet-4-5-20250929"', '"model": null'), /not grouped by model/],
    ["no line items", OPENAI_COSTS.replace('"gpt-5-2025-08-07, output"', "null"), /not grouped by line_item/],
    ["a bad cell", OPENAI_COSTS_CSV.replace("0.5455665000000000", "half"), /^bill, line 2, column amount_value: "half" is not a valid amount/],
    ["no day", "date,provider,model,cost_usd\n2026-10-01,a,b,1\n2026-02-30,a,b,1\n", /^bill, line 3, column date: "2026-02-30" is not a valid UTC day/],
    ["an unknown type", "date,provider,model,token_type,tokens\n2026-10-01,a,b,words,1\n", /^bill, line 2, column token_type: "words" is not a valid token type \(input, cached/],
    ["no figures", "date,provider,model,token_type,tokens\n2026-10-01,a,b,input,\n", /^bill, line 2: it has neither tokens nor cost_usd/],
    ["a line with too few cells", "date,provider,model,cost_usd\n2026-10-01,a\n", /^bill: it is not CSV/],
  ])("%s", (_name, text, message) => {
    expect(() => readBill("bill", text)).toThrow(LedgerError);
    expect(() => readBill("bill", text)).toThrow(message);
  });
});

describe("several files are one bill", () => {
  const file = (name: string, text: string, sha256 = name) => ({ name, sha256, parts: readBill(name, text) });

  test("the same file twice counts once", () => {
    const bill = combineBills(eachFileOnce([file("one.json", ANTHROPIC_USAGE, "same"), file("copy.json", ANTHROPIC_USAGE, "same")]));
    expect([bill.files.length, bill.lines.length]).toEqual([1, 6]);
  });

  test("usage and costs complete each other", () => {
    const { coverage } = combineBills([file("usage.json", ANTHROPIC_USAGE), file("cost.json", ANTHROPIC_COST)]);
    const { countedDays, chargedDays } = coverage.get("anthropic")!;
    expect([[...countedDays], [...chargedDays]]).toEqual([["2026-10-01", "2026-10-02"], ["2026-10-01"]]);
  });

  test.each([
    ["the same buckets in two files", [ANTHROPIC_USAGE, `${ANTHROPIC_USAGE} `]],
    ["a file that is grouped by a term beside one that is not", [ANTHROPIC_USAGE, ANTHROPIC_USAGE.replace('"service_tier": "standard",', "")]],
    ["an hour within a day", [ANTHROPIC_USAGE, ANTHROPIC_USAGE.replace('"ending_at": "2026-10-02T00:00:00Z"', '"ending_at": "2026-10-01T01:00:00Z"')]],
    ["a page twice in one file", [`[${ANTHROPIC_USAGE}, ${ANTHROPIC_USAGE}]`]],
    ["two CSV exports", [OPENAI_COSTS_CSV, `${OPENAI_COSTS_CSV}1790899200,1790985600,,,1,usd,"gpt-5, output",,,\n`]],
  ])("what would count twice is refused: %s", (_name, texts) => {
    expect(() => combineBills(texts.map((text, index) => file(`file ${String(index)}`, text)))).toThrow(/both have 2026-10-01T00:00:00.000Z .*count twice/);
  });

  test("two files of different terms are not the same", () => {
    expect(combineBills([file("a", ANTHROPIC_USAGE), file("b", ANTHROPIC_USAGE.replace('"standard"', '"batch"'))]).lines).toHaveLength(12);
  });

  test("what differs in workspace, key or time is not the same", () => {
    const bill = combineBills([
      file("a", ANTHROPIC_USAGE),
      file("b", ANTHROPIC_USAGE.replace("wrkspc_1", "wrkspc_2")),
      file("c", ANTHROPIC_USAGE.replaceAll("2026-10-0", "2026-10-1")),
    ]);
    expect(bill.lines.length).toBe(18);
  });
});
