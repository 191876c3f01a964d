import { expect, test } from "vitest";
import { listEntries } from "../../src/prices/list/catalogue-entries.ts";
import { modeOf } from "../../src/prices/list/catalogue-modes.ts";

test.each<[string, object | undefined]>([
  ["batch", { service_tier: "batch" }], ["Priority", { service_tier: "priority" }], ["fast", { speed: "fast" }], ["us", { inference_geo: "us" }],
  ["batch_us", { service_tier: "batch", inference_geo: "us" }], ["us+fast", { speed: "fast", inference_geo: "us" }],
  ["turbo", undefined], ["batch_turbo", undefined], ["batch_flex", undefined], ["", undefined],
])("the mode %j of a catalogue means %j", (name, keys) => {
  expect(modeOf(name)).toEqual(keys);
});

test("a price becomes an entry for every mode and one for each mode that is known, which has the ordinary price of what the mode does not name", () => {
  const rates = { input: "3", output: "15", input_cache_read: "0.3", input_above_200k: "6", image: "4" };
  const modes = new Map([["batch", { input: "1.5" }], ["turbo", { input: "9" }], ["fast", { input: "30", output: "150" }]]);
  const ordinary = { match: "anthropic/m", input: "3", cached: "0.3", output: "15", image_input: "4", tiers: [{ above: 200_000, input: "6" }] };
  expect(listEntries({ rates, modes }, "anthropic/m")).toEqual([
    ordinary,
    { ...ordinary, input: "1.5", service_tier: "batch" },
    { ...ordinary, input: "30", output: "150", speed: "fast" },
  ]);
  expect(listEntries({ rates: { output: "15" }, modes }, "m")).toEqual([{ match: "m", input: "1.5", output: "15", service_tier: "batch" }, { match: "m", input: "30", output: "150", speed: "fast" }]);
});

test.each<[string, string | undefined, string | undefined]>([["0", "15", undefined], ["3", "15", "3"], ["0", "0", "0"], ["0", undefined, "0"]])("reasoning at %s beside output at %s has the price %s of its own", (internal_reasoning, output, reasoning) => {
  const [entry] = listEntries({ rates: { input: "3", internal_reasoning, output }, modes: new Map() }, "m");
  expect(entry?.reasoning).toBe(reasoning);
});
