import { z } from "zod";
import type { DayManifest } from "../days/day-manifest.ts";
import { etagText } from "../etag-text.ts";

const monthInput = z.object({
  date: z.iso.date(),
  instance: z.string(),
  /** SHA-256 of the tables of the day. */
  usage: z.string(),
  rollups: z.string(),
  /** Digest of its prices. */
  pricing: z.string(),
  /** Versions of the rules that read its exports, built it and priced it. Manifests written before versions were recorded lack them. */
  rules: z.array(z.string()).optional(),
  /** In order of their landing files. */
  exports: z.array(
    z.object({
      name: z.string(),
      /** Key and SHA-256 of its landing file of that date. */
      landing: z.string(),
      sha256: z.string(),
      /** ETags of the objects under which it was seen. */
      etags: z.array(etagText),
    }),
  ),
});
/** One day of one gateway, as an input of a month's figures. */
export type MonthInput = z.infer<typeof monthInput>;

/** The inputs of a month's figures. */
export const monthState = z.object({
  month: z.string(),
  /** In order of date and instance. */
  inputs: z.array(monthInput),
  /** Digest of the directory, rules and time zone in force in it. */
  settings: z.string(),
});
export type MonthState = z.infer<typeof monthState>;

/** @param dates UTC dates of the month. */
export function describeInputs(days: readonly DayManifest[], dates: ReadonlySet<string>): MonthInput[] {
  return days
    .filter(({ date }) => dates.has(date))
    .map(({ date, instance, build, usage, rollups, pricing, inputs }) => ({
      date,
      instance,
      usage: usage.sha256,
      rollups: rollups.sha256,
      pricing,
      rules: describeRules(build, pricing, inputs.map((input) => input.export.settings)),
      exports: inputs.map(({ export: { name, sources }, landing }) => ({
        name,
        landing: landing.key,
        sha256: landing.sha256,
        etags: sources.map(({ etag }) => etag),
      })),
    }))
    .sort((a, b) => (`${a.date} ${a.instance}` < `${b.date} ${b.instance}` ? -1 : 1));
}

/**
 * Versions of the rules by which a day was made, in order: `day build 2`, `reader 3`.
 * @param settings with which its exports were ingested
 */
export function describeRules(build: number, pricing: string, settings: readonly string[]): string[] {
  const ofExports = settings.flatMap((text) => text.split(", ").filter((part) => /^[a-z ]+ \d+$/.test(part)));
  const ofPrices = /^v(\d+)-/.exec(pricing)?.[1];
  return [...new Set([`day build ${String(build)}`, ...ofExports, ...(ofPrices === undefined ? [] : [`pricing ${ofPrices}`])])].sort();
}

/** Whether two states give the same figures: exports and prices only matter where they change the rollups. */
export function isSameState(a: MonthState, b: MonthState): boolean {
  return a.settings === b.settings && rollupsOf(a) === rollupsOf(b);
}

function rollupsOf({ inputs }: MonthState): string {
  return JSON.stringify(inputs.map(({ date, instance, rollups }) => [date, instance, rollups]));
}
