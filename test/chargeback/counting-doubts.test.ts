import { expect, test } from "vitest";
import { countingDoubtRows, countingDoubtsToJson, renderCountingDoubts } from "../../src/chargeback/sections/quality/counting-doubts.ts";

const text = (value: unknown): string => String(value).replaceAll(/<[^>]+>|\s+/g, " ").replaceAll(/ +/g, " ").trim();

test("requests whose counts are assumed or contradicted are said on the page, in JSON and in rows", () => {
  const doubts = { assumed: 3n, contradicted: 1n };
  expect(text(renderCountingDoubts(doubts))).toMatch(/^3 requests priced by the list on the assumption .* 1 request unpriced: a part of the counts is larger/);
  expect(countingDoubtsToJson(doubts)).toEqual({ assumed_requests: 3n, contradicted_requests: 1n });
  expect(countingDoubtRows(doubts)).toEqual([
    { section: "data quality", team: "", item: "counts assumed", detail: "priced by the list", requests: 3_000_000_000n },
    { section: "data quality", team: "", item: "counts contradicted", detail: "unpriced", requests: 1_000_000_000n },
  ]);
});

test("nothing is said where nothing is in doubt", () => {
  for (const none of [undefined, { assumed: 0n, contradicted: 0n }]) {
    expect(renderCountingDoubts(none)).toBe("");
    expect(countingDoubtRows(none)).toEqual([]);
  }
});
