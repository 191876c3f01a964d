import type { DayManifest } from "../../lake/days/day-manifest.ts";

/** The time of the last export in a built day; undefined without built days. */
export function lastExport(days: readonly DayManifest[]): Date | undefined {
  const times = days.flatMap(({ inputs }) => inputs.map(({ export: { time } }) => Date.parse(time)));
  return times.length === 0 ? undefined : new Date(times.reduce((latest, time) => Math.max(latest, time)));
}

/** The end of each gateway's usage in the built days: the time of its last export there. */
export function coverageOf(days: readonly DayManifest[]): Map<string, Date> {
  const byGateway = Map.groupBy(days, ({ instance }) => instance);
  return new Map([...byGateway].flatMap(([instance, of]) => {
    const last = lastExport(of);
    return last === undefined ? [] : [[instance, last] as const];
  }));
}
