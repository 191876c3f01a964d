import { z } from "zod";
import { billing } from "./billing-section.ts";
import { dated, IN_ORDER, isInOrder } from "./dated-section.ts";
import { teamName } from "./directory-section.ts";
import { textMap } from "../../ledger/names/written-map.ts";

/** `(unallocated)` is where a rule or a pool may look for what nobody owns. */
const ownerName = z.union([teamName, z.literal("(unallocated)")]);
const pattern = z.string().min(1);
const patterns = z.union([pattern, z.array(pattern).min(1)]);
/** `null`: the request does not have that dimension. */
const dimensionPattern = z.union([patterns, z.null()]);

/** Names of one kind, or a pattern that may match them. */
function named(kind: "tag" | "group"): typeof patterns {
  const name = pattern.regex(new RegExp(`^(?:=?${kind}:|[*?])`), `${kind}:name, or a pattern such as ${kind}:web-*`);
  return z.union([name, z.array(name).min(1)]);
}

const condition = {
  caller: patterns.describe("login, or tags joined by commas; may be a pattern, as everything here"),
  tag: named("tag").describe("one of the request's tags"),
  group: named("group").describe("group:name of the tailnet policy that the caller is in"),
  gateway: patterns.describe("name of the source"),
  provider: patterns,
  model: patterns,
  billing,
};

type Wanted = string | string[] | null;

/** Every further key is a dimension; which ones there are is checked where they are known. */
const callerProperties = {
  ...condition,
  teams: z
    .union([z.enum(["none", "several"]), z.array(teamName).min(1)])
    .describe("the caller's teams by the directory: none, several, or all of those named and maybe others"),
};
const usageProperties = { ...condition, team: z.union([ownerName, z.array(ownerName).min(1)]).describe("the team that it would be without") };

const callerCondition = textMap<Wanted>({ value: dimensionPattern, known: callerProperties, meant: "which usage it is for, such as {tag: tag:ci}; {} for all" });
const usageCondition = textMap<Wanted>({ value: dimensionPattern, known: usageProperties });

function hasDecimals(value: number, most: number): boolean {
  return Number(value.toFixed(most)) === value;
}

const weight = z.number().min(0).max(1_000_000).refine((value) => hasDecimals(value, 3), "at most three decimals");
const weights = textMap({ key: teamName, value: weight }).refine((all) => [...all.values()].some((value) => value > 0), "at least one weight above 0");

/** What stands in the column where no rule decided. */
const ruleName = z.string().min(1).max(100).regex(/^(?!(?:directory|default)$)/, "another name: directory and default say that no rule decided");

const rule = z
  .strictObject({
    name: ruleName.optional().describe("shown in the column rule; allocation.rules[n] without it"),
    when: callerCondition,
    team: teamName.optional().describe("pays all of it"),
    by: z.string().optional().describe("a dimension; `teams` says which of its values is whose, other values go on to the next rule"),
    teams: textMap({ key: pattern, value: teamName }).optional(),
    primary: z.union([z.literal(true), z.array(teamName).min(1)]).optional().describe("the first of the caller's teams, in configured order or in this one"),
    split: z.union([z.literal("even"), weights]).optional().describe("even: over the caller's teams; {a: 70, b: 30}: over these"),
    unallocated: z.literal(true).optional(),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER)
  .refine(
    (one) => [one.team, one.by, one.primary, one.split, one.unallocated].filter((outcome) => outcome !== undefined).length === 1,
    "exactly one of team, by, primary, split, unallocated",
  )
  .refine((one) => (one.by === undefined) === (one.teams === undefined), "by goes with teams: {value: team}");

const pool = z
  .strictObject({
    name: z.string().min(1).max(100),
    when: usageCondition,
    spread: z.union([z.enum(["even", "proportional"]), weights]).describe("even, proportional to the teams' direct cost, or {a: 70, b: 30}"),
    over: z.array(teamName).min(1).optional().describe("the teams; without it every team of the directory that is not pooled itself"),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER)
  .refine(({ spread, over }) => typeof spread === "string" || over === undefined, "weights name the teams themselves: leave over away");

const percent = z.number().min(-100).max(1000).refine((value) => hasDecimals(value, 4), "at most four decimals");

const adjustment = z
  .strictObject({
    name: z.string().min(1).max(100),
    when: usageCondition.default(new Map()),
    percent: percent.describe("of what is owed: -10 is a discount, 5 a markup"),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

function haveNames(all: readonly { name?: string | undefined }[]): boolean {
  const names = all.flatMap(({ name }) => name ?? []);
  return new Set(names).size === names.length;
}

export const allocationSection = z
  .strictObject({
    tags: z
      .enum(["even", "full"])
      .default("even")
      .describe("a device of several tags in the report by tag: split evenly, or in full under each, and then the column does not add up"),
    several: z.enum(["primary", "even", "unallocated"]).default("primary").describe("who pays for a caller of several teams where no rule says it"),
    rules: z.array(rule).default([]).refine(haveNames, "two rules have the same name").describe("the first that applies decides; where none does, the directory"),
    pools: z.array(pool).default([]).refine(haveNames, "two pools have the same name").describe("shared costs, spread over teams"),
    adjustments: z
      .array(adjustment)
      .default([])
      .refine(haveNames, "two adjustments have the same name")
      .describe("discounts and markups, one after the other, on what is owed"),
  })
  .prefault({});

type AllocationSection = z.infer<typeof allocationSection>;

interface DimensionUse {
  name: string;
  /** Below `allocation`. */
  path: (string | number)[];
}

/** Every place where a condition or `by` names a dimension. */
export function dimensionsUsed({ rules, pools, adjustments }: AllocationSection): DimensionUse[] {
  return [
    ...inConditions("rules", rules, callerProperties),
    ...inConditions("pools", pools, usageProperties),
    ...inConditions("adjustments", adjustments, usageProperties),
    ...rules.flatMap(({ by }, index) => (by === undefined ? [] : [{ name: by, path: ["rules", index, "by"] }])),
  ];
}

/** @param known keys of such a condition that are no dimensions. */
function inConditions(list: string, all: readonly { when: ReadonlyMap<string, unknown> }[], known: object): DimensionUse[] {
  return all.flatMap(({ when }, index) => {
    const names = [...when.keys()].filter((name) => !Object.hasOwn(known, name));
    return names.map((name) => ({ name, path: [list, index, "when", name] }));
  });
}
