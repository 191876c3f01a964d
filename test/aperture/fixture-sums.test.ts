import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportTime } from "../../src/aperture/reader/export-name.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { MOST_MIB, readInChild } from "./child-reading.ts";
import type { TrueSums } from "../e2e/truth.ts";
import { readWhole } from "./read-content.ts";

interface Truth {
  files: number;
  records_written: number;
  distinct: TrueSums;
  by_day: Record<string, TrueSums>;
  by_model: Record<string, TrueSums>;
}

function readTruth(folder: string): Truth {
  return JSON.parse(readFileSync(join(folder, "truth.json"), "utf8")) as Truth;
}

function exportsIn(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith(".cbor.zstd")).sort();
}

function sumUp(requests: readonly RecordedRequest[]): TrueSums {
  const sum = (read: (request: RecordedRequest) => number): number => requests.reduce((all, one) => all + read(one), 0);
  return {
    requests: requests.length,
    input_tokens: sum(({ usage }) => usage.inputTokens),
    output_tokens: sum(({ usage }) => usage.outputTokens),
    cached_tokens: sum(({ usage }) => usage.cachedTokens),
    cache_creation_input_tokens: sum(({ usage }) => usage.cacheWriteTokens),
    reasoning_tokens: sum(({ usage }) => usage.reasoningTokens),
    nanodollars: sum(({ cost }) => Number(cost ?? 0n)),
    unpriced_requests: sum(({ cost }) => (cost === null ? 1 : 0)),
  };
}

function sumUpBy(requests: readonly RecordedRequest[], key: (request: RecordedRequest) => string): Record<string, TrueSums> {
  return Object.fromEntries([...Map.groupBy(requests, key)].map(([name, group]) => [name, sumUp(group)]));
}

function dayOf({ ts }: RecordedRequest): string {
  return new Date(ts / 1000).toISOString().slice(0, 10);
}

describeWithFixtures("exports that other libraries wrote", () => {
  it.each(["bodies", "autumn"])("%s adds up to the truth beside it", async (set) => {
    const folder = fixture(set) ?? "";
    const truth = readTruth(folder);
    const files = exportsIn(folder);
    let read = 0;
    const distinct = new Map<string, RecordedRequest>();
    for (const file of files) {
      const { requests, ...reading } = await readWhole(join(folder, file), exportTime(file, new Date(0)));
      expect(reading).toMatchObject({ rejected: 0, damage: null });
      read += reading.read;
      for (const request of requests) distinct.set(request.captureId ?? "", request);
    }

    const requests = [...distinct.values()];
    expect({ files: files.length, read }).toEqual({ files: truth.files, read: truth.records_written });
    expect(sumUp(requests)).toEqual(truth.distinct);
    expect(sumUpBy(requests, dayOf)).toEqual(truth.by_day);
    expect(sumUpBy(requests, ({ model }) => model)).toEqual(truth.by_model);
  });

  it("reads conversations without having them in memory", async () => {
    const folder = fixture("bodies") ?? "";
    const { distinct } = readTruth(folder);
    const [file = ""] = exportsIn(folder);
    const found = await readInChild(join(folder, file), file);

    expect(found).toMatchObject({
      accepted: distinct.requests,
      inputTokens: distinct.input_tokens,
      outputTokens: distinct.output_tokens,
      nanodollars: String(distinct.nanodollars),
      damage: null,
    });
    expect(found.contentBytes).toBeGreaterThan(40 * 2 ** 20);
    expect(found.residentMiB).toBeLessThan(MOST_MIB);
  });
});
