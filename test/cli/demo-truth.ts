import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ReadRecord, readRecords } from "../simulate/read-exports.ts";

/** What came after September was closed: one export that was lost for days, and all that were made later. */
const LOST = "ts-aperture-export-1790697600.cbor.zstd";
const CLOSED_SECOND = Date.parse("2026-10-01T09:00:00Z") / 1000;

const HOUSE_MODEL = "qwen3-coder-30b";

/** Nanodollars, worked out from the demo's export files with another CBOR reader. */
interface MonthTruth {
  requests: bigint;
  cost: bigint;
  /** Without list values. */
  used: bigint;
  unpriced: bigint;
}

export interface DemoTruth {
  closed: MonthTruth;
  /** Of September, in exports that came after the close. */
  late: MonthTruth;
  october: MonthTruth;
  /** Estimates of what anthropic bills in October, and of Opus on the three days on which its new price was not known yet. */
  billed: bigint;
  opusBeforeKnown: bigint;
}

export function readDemoTruth(folder: string): DemoTruth {
  const found = new Map<string, { record: ReadRecord; inTime: boolean }>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".cbor.zstd"))) {
    const inTime = name !== LOST && Number(/\d+/.exec(name)?.[0]) <= CLOSED_SECOND;
    for (const record of readRecords(readFileSync(join(folder, name)))) {
      found.set(record.capture_id, { record, inTime: inTime || (found.get(record.capture_id)?.inTime ?? false) });
    }
  }
  const all = [...found.values()];
  const september = all.filter(({ record }) => record.timestamp.startsWith("2026-09"));
  const october = all.filter(({ record }) => record.timestamp.startsWith("2026-10")).map(({ record }) => record);
  // The recorded name has the provider where the gateway serves the model twice.
  const billed = october.filter(({ model }) => /^(anthropic\/)?claude-/.test(model));
  const opus = billed.filter(({ model, timestamp }) => model.includes("opus") && /-1[234]T/.test(timestamp));
  return {
    closed: sum(september.filter(({ inTime }) => inTime).map(({ record }) => record)),
    late: sum(september.filter(({ inTime }) => !inTime).map(({ record }) => record)),
    october: sum(october),
    billed: sum(billed).cost,
    opusBeforeKnown: sum(opus).cost,
  };
}

function sum(records: readonly ReadRecord[]): MonthTruth {
  const truth = { requests: BigInt(records.length), cost: 0n, used: 0n, unpriced: 0n };
  for (const record of records) {
    const cost = costOf(record);
    truth.cost += cost ?? 0n;
    if (!record.model.startsWith("anthropic-passthrough/")) truth.used += cost ?? 0n;
    if (cost === undefined && record.status_code === 200) truth.unpriced += 1n;
  }
  return truth;
}

/** The gateway's estimate; for the model on the company's own machine $0.50 in and $2 out per million tokens. */
function costOf({ model, usage, estimated_cost: estimate, status_code: status }: ReadRecord): bigint | undefined {
  if (estimate !== undefined) return BigInt(Math.round(estimate.dollars * 1e9));
  if (model !== HOUSE_MODEL || status !== 200) return undefined;
  return BigInt((usage["input_tokens"] ?? 0) * 500 + (usage["output_tokens"] ?? 0) * 2000);
}
