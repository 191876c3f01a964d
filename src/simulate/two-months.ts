import type { SimulationOptions } from "./options.ts";

/** September and October 2026 of a company that uses its gateway more every day. */
export const TWO_MONTHS = {
  from: new Date("2026-09-01T00:00:00Z"),
  days: 61,
  records: 20_000,
  everySeconds: 7200,
  growth: 2,
} as const satisfies Partial<SimulationOptions>;

/** The last days of September and the first of October, with few requests: shows in seconds that an installation works. */
export const FEW_DAYS = { ...TWO_MONTHS, from: new Date("2026-09-29T00:00:00Z"), days: 4, records: 200, everySeconds: 28_800 } as const satisfies Partial<SimulationOptions>;

/** When finance closes September. */
export const SEPTEMBER_CLOSED = new Date("2026-10-01T09:00:00Z");
/** When the exports of October have arrived. */
export const OCTOBER_OVER = new Date("2026-11-03T09:00:00Z");

/** When those of `FEW_DAYS` have arrived. */
export const FEW_DAYS_OVER = new Date("2026-10-03T09:00:00Z");

/** An export that reaches the bucket after September is closed. */
const LOST_FOR_DAYS = exportName(new Date("2026-09-29T16:00:00Z"));

/** Whether an export has not reached the bucket when September is closed. */
export function comesAfterClose(name: string): boolean {
  return name === LOST_FOR_DAYS || name > exportName(SEPTEMBER_CLOSED);
}

function exportName(madeAt: Date): string {
  return `ts-aperture-export-${String(madeAt.getTime() / 1000)}.cbor.zstd`;
}
