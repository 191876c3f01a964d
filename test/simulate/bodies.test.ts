import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { type ReadRecord, simulateAll } from "./read-exports.ts";

describe("captures with bodies", () => {
  let records: ReadRecord[];
  let cborBytes: number;
  let zstdBytes: number;
  beforeAll(async () => {
    const { read, exports } = await simulateAll({ days: 1, records: 300, bodies: true, everySeconds: 86_400, late: 0 });
    records = read.flat();
    cborBytes = exports.reduce((sum, exported) => sum + exported.cborBytes, 0);
    zstdBytes = exports.reduce((sum, { bytes }) => sum + bytes.length, 0);
  });

  it("repeats in every request the conversation before it", () => {
    const sessions = Object.values(Object.groupBy(records, ({ session_id }) => session_id)) as ReadRecord[][];
    const longest = sessions.sort((a, b) => b.length - a.length)[0]!.toSorted((a, b) => a.id - b.id);
    expect(longest.length).toBeGreaterThan(20);
    let before: unknown[] = [];
    for (const { capture, status_code } of longest) {
      const messages = capture.requestBody?.messages ?? [];
      expect(messages.slice(0, before.length)).toEqual(before);
      expect(messages.map(({ role }) => role)).toEqual(messages.map((_, index) => (index % 2 === 0 ? "user" : "assistant")));
      before = status_code === 200 ? messages : messages.slice(0, -1);
    }
    expect(longest.at(-1)!.capture.requestBody!.messages.length).toBeGreaterThan(30);
  });

  it("answers with the text that the next request repeats", () => {
    const answers = new Set(records.flatMap(({ capture }) => capture.responseBody?.content?.map(({ text }) => text) ?? []));
    const repeated = records.flatMap(({ capture }) => capture.requestBody?.messages.filter(({ role }) => role === "assistant") ?? []);
    expect(repeated.filter(({ content }) => answers.has(content as string)).length).toBeGreaterThan(repeated.length * 0.9);
  });

  it("keeps the raw request now and then, as JSON of the same content", () => {
    const raw = records.filter(({ capture }) => capture.rawRequestBody !== null);
    expect(raw.length).toBeGreaterThan(0);
    expect(raw.length).toBeLessThan(records.length / 10);
    for (const { capture } of raw) {
      expect(JSON.parse(Buffer.from(capture.rawRequestBody!).toString())).toEqual(capture.requestBody);
    }
  });

  it("is mostly repetition, which zstd takes out", () => {
    expect(cborBytes / records.length).toBeGreaterThan(100_000);
    expect(cborBytes / zstdBytes).toBeGreaterThan(30);
  });

  it("has no bodies unless asked for", async () => {
    const { read } = await simulateAll({ days: 1, records: 50 });
    for (const { capture } of read.flat()) {
      expect([capture.requestBody, capture.responseBody, capture.rawRequestBody]).toEqual([null, null, null]);
    }
  });
});

it("writes 300 MB of CBOR in constant memory", { timeout: 600_000 }, () => {
  const program = `
    const { simulateExports } = await import(process.argv[1]);
    const { mostResidentMiB } = await import(process.argv[2]);
    let cborBytes = 0;
    const options = { days: 1, records: 1000, bodies: true, everySeconds: 86400 };
    for await (const exported of simulateExports(options).exports) cborBytes += exported.cborBytes;
    console.log(JSON.stringify({ cborBytes, residentMiB: mostResidentMiB() }));`;
  const module = new URL("../../src/simulate/write-exports.ts", import.meta.url).href;
  const memory = new URL("../resident-memory.ts", import.meta.url).href;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program, module, memory], { encoding: "utf8" });
  const { cborBytes, residentMiB } = JSON.parse(output) as { cborBytes: number; residentMiB: number };
  expect(cborBytes).toBeGreaterThan(300e6);
  // Nearly half of it is Node itself and the compressor's tables.
  expect(residentMiB).toBeLessThan(250);
});
