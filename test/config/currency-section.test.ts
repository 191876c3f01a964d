import { expect, test } from "vitest";
import { checkConfig } from "../../src/config/reading/settings.ts";

const EUR = { currency: "EUR", from: "2026-10-01", per_usd: "0.9212", source: "ECB" };

test.each<[string, object, RegExp]>([
  ["a word in place of a code", { second: "euro" }, /✖ a code of ISO 4217 such as EUR[^\n]*\n  → at currency\.second(?:\n|$)/],
  ["a sign in place of a code", { second: "€", rates: [EUR] }, /✖ a code of ISO 4217 such as EUR[^\n]*\n  → at currency\.second(?:\n|$)/],
  ["an empty code", { rates: [{ ...EUR, currency: "" }] }, /✖ a code of ISO 4217 such as EUR[^\n]*\n  → at currency\.rates\[0\]\.currency(?:\n|$)/],
  ["a code in lower case", { second: "eur", rates: [EUR] }, /✖ a code of ISO 4217 such as EUR[^\n]*\n  → at currency\.second(?:\n|$)/],
  ["dollars", { second: "USD" }, /✖ the book is in US dollars[^\n]*\n  → at currency\.second(?:\n|$)/],
  ["a currency without cents", { rates: [{ ...EUR, currency: "JPY" }] }, /✖ amounts are printed with two decimals[^\n]*\n  → at currency\.rates\[0\]\.currency(?:\n|$)/],
  ["a second currency without a rate", { second: "CHF", rates: [EUR] }, /✖ rates has no rate for currency\.second[^\n]*\n  → at currency\.rates(?:\n|$)/],
  ["two rates from one day", { rates: [EUR, { ...EUR, per_usd: "0.93" }] }, /✖ two rates of one currency begin on the same day[^\n]*\n  → at currency\.rates(?:\n|$)/],
  ["a rate that is a number", { rates: [{ ...EUR, per_usd: 0.9212 }] }, /✖ write it in quotes[^\n]*\n  → at currency\.rates\[0\]\.per_usd(?:\n|$)/],
  ["a rate of nothing", { rates: [{ ...EUR, per_usd: "0.000" }] }, /✖ it must be above 0[^\n]*\n  → at currency\.rates\[0\]\.per_usd(?:\n|$)/],
])("%s is a mistake of the configuration", (_, currency, message) => {
  expect(() => checkConfig({ currency }, "file")).toThrow(expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(message) as string }) as Error);
});
