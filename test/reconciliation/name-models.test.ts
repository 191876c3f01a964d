import { expect, test } from "vitest";
import { parseModelName } from "../../src/ledger/names/model-name.ts";
import { modelNamer } from "../../src/reconciliation/comparison/name-models.ts";

const LEDGER = ["claude-haiku-4-5", "claude-sonnet-4", "gpt-4o", "gemini-2.5-flash"];
const nameModel = modelNamer(LEDGER, new Map([["sonnet four", "claude-sonnet-4"]]), (recorded) => parseModelName(recorded).model);

test.each([
  ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
  ["claude-4.5-haiku", "claude-haiku-4-5"],
  ["Claude-4-Sonnet", "claude-sonnet-4"],
  ["Sonnet four", "claude-sonnet-4"],
  ["anthropic/claude-haiku-4.5", "claude-haiku-4-5"],
  ["gemini-2.5-flash", "gemini-2.5-flash"],
  ["claude-4.5-opus", "claude-4.5-opus"],
  ["gpt-4o-mini", "gpt-4o-mini"],
])("a bill's %s is the ledger's %s", (spelled, name) => {
  expect(nameModel(spelled)).toBe(name);
});

test("words that several models share name none of them", () => {
  expect(modelNamer(["a-b-1", "b-a-1"], new Map(), (name) => name)("1-a-b")).toBe("1-a-b");
});
