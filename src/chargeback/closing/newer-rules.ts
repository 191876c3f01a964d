import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { describeRules, type MonthInput } from "../../lake/months/month-inputs.ts";
import { knownExports } from "./known-rollups.ts";

/**
 * Which rules of aperture-ledger have other versions than those that a closed month was made by, in words; undefined where none has.
 * Only exports of that time are compared: a late one is read by the newest rules, and says nothing of them.
 */
export function describeNewerRules(days: readonly DayManifest[], inputs: readonly MonthInput[]): string | undefined {
  const isKnown = knownExports(inputs);
  const byDay = new Map(days.map((day) => [`${day.date} ${day.instance}`, day]));
  const [was, is] = [new Set<string>(), new Set<string>()];
  let isNoted = true;
  for (const { date, instance, rules } of inputs) {
    const day = byDay.get(`${date} ${instance}`);
    if (day === undefined) continue;
    const now = describeRules(day.build, day.pricing, day.inputs.filter((one) => isKnown(day, one)).map((one) => one.export.settings));
    isNoted &&= rules !== undefined;
    for (const rule of rules === undefined ? now : without(now, rules)) is.add(rule);
    for (const rule of without(rules ?? [], now)) was.add(rule);
  }
  if (is.size === 0) return undefined;
  const [before, after] = [[...was].sort().join(", "), [...is].sort().join(", ")];
  return isNoted ? `${before} then, ${after} now` : `versions were not noted then, ${after} now`;
}

/** Rules of which the others have another version. What only one side has, such as prices, is no version of anything. */
function without(rules: readonly string[], others: readonly string[]): string[] {
  const names = new Set(others.map(nameOf));
  return rules.filter((rule) => !others.includes(rule) && names.has(nameOf(rule)));
}

function nameOf(rule: string): string {
  return rule.replace(/ \d+$/, "");
}
