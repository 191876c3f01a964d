import { zstdDecompressSync } from "node:zlib";
import { decodeFirst } from "cborg";
import type { SimulationOptions } from "../../src/simulate/options.ts";
import { type SimulatedExport, simulateExports } from "../../src/simulate/write-exports.ts";

/** A record as another CBOR library reads it. */
export interface ReadRecord {
  id: number;
  ver: number;
  timestamp: string;
  identity: { login_name: string; stable_node_id: string; tags?: string[] };
  model: string;
  api_type: string;
  usage: Record<string, number>;
  estimated_cost?: { dollars: number; cost_basis: string; usage: Record<string, number> };
  duration_ms: number;
  capture_id: string;
  session_id: string;
  path: string;
  status_code: number;
  capture: {
    startTime: string;
    tags: string[] | null;
    requestHeaders: Record<string, string[]>;
    requestBody: null | { model: string; system: string; messages: { role: string; content: string | { text: string }[] }[] };
    responseBody: null | { role?: string; content?: { text: string }[] };
    rawRequestBody: null | Uint8Array;
  };
}

export function readRecords(bytes: Uint8Array): ReadRecord[] {
  const records: ReadRecord[] = [];
  let rest: Uint8Array = zstdDecompressSync(bytes);
  while (rest.length > 0) {
    const [record, after] = decodeFirst(rest) as [ReadRecord, Uint8Array];
    records.push(record);
    rest = after;
  }
  return records;
}

export function secondOf(exported: SimulatedExport): number {
  return Number(/^ts-aperture-export-(\d+)\.cbor\.zstd$/.exec(exported.name)?.[1]);
}

export async function simulateAll(options: Partial<SimulationOptions>) {
  const simulation = simulateExports(options);
  const exports: SimulatedExport[] = [];
  for await (const exported of simulation.exports) exports.push(exported);
  return { exports, truth: simulation.truth(), read: exports.map(({ bytes }) => readRecords(bytes)) };
}
