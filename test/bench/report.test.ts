import { describe, expect, test } from "vitest";
import { inRounds, median, ratios, spreadOf } from "./measure.ts";
import { type BenchReport, renderReport } from "./report.ts";
import { judge, type Row } from "./rows.ts";

describe("figures", () => {
  test("the median of an odd and of an even number of values, in any order", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("a spread goes from the lowest value to the highest", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test("ratios are of values of the same round", () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
  });

  test("what is measured takes turns, every other round in the other order", async () => {
    const order: string[] = [];
    const turn = (name: string) => (): Promise<number> => Promise.resolve(order.push(name));
    expect(await inRounds(2, { ours: turn("ours"), theirs: turn("theirs") })).toEqual({ ours: [1, 4], theirs: [2, 3] });
    expect(order).toEqual(["ours", "theirs", "theirs", "ours"]);
  });
});

const READ: Row = {
  what: "B read",
  unit: "s",
  ours: [1, 2, 1],
  peer: { name: "go", values: [2, 2, 3] },
  ratio: { means: "its speed", values: [2, 1, 3] },
  target: { on: "ratio", is: "at least", value: 1.2, goal: 2.5 },
};
const MEMORY: Row = {
  what: "S ingest, most resident", unit: "MiB", ours: [150, 210, 160], judgedBy: "highest", target: { on: "ours", is: "under", value: 200 },
};

describe("a target", () => {
  test("on a ratio is held against its median, and so is the goal", () => {
    expect(judge(READ, false)).toMatchObject({ ratio: { median: 2, min: 1, max: 3 }, met: true, goalMet: false });
  });

  test("that is a ceiling is held against the highest value", () => {
    expect(judge(MEMORY, false)).toMatchObject({ ours: { median: 160 }, met: false, goalMet: null });
  });

  test("of under a value is not met by the value itself, of at most a value is", () => {
    const row: Row = { what: "start", unit: "ms", ours: [150] };
    expect(judge({ ...row, target: { on: "ours", is: "under", value: 150 } }, false).met).toBe(false);
    expect(judge({ ...row, target: { on: "ours", is: "at most", value: 150 } }, false).met).toBe(true);
  });

  test("is not judged without the peer, and not on scaled down inputs", () => {
    const alone: Row = { ...READ, peer: { name: "go", values: undefined }, ratio: { means: "its speed", values: [] } };
    expect(judge(alone, false)).toMatchObject({ peer: { name: "go", measured: null }, ratio: null, met: null });
    expect(judge(READ, true)).toMatchObject({ ratio: { median: 2 }, met: null });
  });
});

test("the report names what is missing, marks what was not reached, and keeps its columns in line", () => {
  const report: BenchReport = {
    machine: { node: "24.0.0", processor: "some processor", cores: 2, memoryBytes: 8 * 2 ** 30 },
    rounds: 3,
    scaledDown: false,
    inputs: [{ what: "B", records: 2000, bytes: 4_424_853, cborBytes: 981_426_915 }],
    missingPeers: [{ name: "read.py", how: "apt-get install python3-cbor2" }],
    notes: ["a note"],
    rows: [READ, MEMORY].map((row) => judge(row, false)),
  };
  const lines = renderReport(report).split("\n");
  expect(lines).toContain("input  B: 2,000 records, 4.4 MB of 981 MB of CBOR");
  expect(lines).toContain("without read.py: apt-get install python3-cbor2");
  const [heading = "", read = "", memory = ""] = lines.slice(-3);
  expect(read).toMatch(/^B read +1\.000 s +go +2\.000 s +2\.00 x its speed +1\.00 to 3\.00 +at least 1\.2 x \(goal 2\.5 x\) +yes$/);
  expect(memory).toMatch(/ 210 MiB +150 to 210 MiB +under 200 MiB +NO$/);
  expect([read, memory].map((line) => line.lastIndexOf("  ") + 2)).toEqual([heading.indexOf("met"), heading.indexOf("met")]);
});
