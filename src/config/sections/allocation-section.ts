import { z } from "zod";
import { exactlyOne, keyRules, together, where, without } from "./key-rules.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { billing } from "./billing-section.ts";
import { dated, IN_ORDER, isInOrder } from "./dated-section.ts";
import { teamName } from "./directory-section.ts";
import { textMap } from "../../ledger/names/written-map.ts";

/** `(unallocated)` selects usage that nobody owns, in rules and pools. */
const ownerName = z.union([teamName, z.literal(UNALLOCATED)]);
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
  caller: patterns.meta({ description: "Login, or tags joined by commas. Like every value here, it may be a pattern or a list.", examples: ["*@example.com"] }),
  tag: named("tag").meta({ description: "One of the request's tags.", examples: ["tag:ci"] }),
  group: named("group").meta({ description: "A group of the tailnet policy that the caller belongs to.", examples: ["group:web-*"] }),
  gateway: patterns.meta({ description: "Name of the source.", examples: ["prod"] }),
  provider: patterns.meta({ description: "Provider, as in the column `provider`.", examples: ["anthropic"] }),
  model: patterns.meta({ description: "Model, as in the column `model`.", examples: ["claude-opus-*"] }),
  billing: billing.describe("Who pays the provider, as in the column `billing`."),
};

type Wanted = string | string[] | null;

/** Every other key is a dimension. Whether it exists is checked where the dimensions are known. */
const callerProperties = {
  ...condition,
  teams: z
    .union([z.enum(["none", "several"]), z.array(teamName).min(1)])
    .meta({ description: "The caller's teams by the directory: `none`, `several`, or a list of teams that the caller belongs to, perhaps among others.", examples: [["payments"]] }),
};
const usageProperties = { ...condition, team: z.union([ownerName, z.array(ownerName).min(1)]).meta({ description: "The team that the usage belongs to before this entry applies.", examples: ["platform"] }) };

const callerCondition = textMap<Wanted>({ value: dimensionPattern, known: callerProperties, meant: "which usage it is for, such as {tag: tag:ci}; {} for all" });
export const usageCondition = textMap<Wanted>({ value: dimensionPattern, known: usageProperties });

/** Every key of a condition that is not a dimension. */
export const CONDITION_KEYS: readonly string[] = Object.keys({ ...callerProperties, ...usageProperties });

/** Whether a key of such a condition is a property of the usage rather than a dimension. */
export function isOfUsage(key: string): boolean {
  return Object.hasOwn(usageProperties, key);
}

export function hasDecimals(value: number, most: number): boolean {
  return Number(value.toFixed(most)) === value;
}

const weight = z.number().min(0).max(1_000_000).refine((value) => hasDecimals(value, 3), "at most three decimals");
export const weights = textMap({ key: teamName, value: weight }).refine((all) => [...all.values()].some((value) => value > 0), "at least one weight above 0").meta({ not: { additionalProperties: { const: 0 } } });

/** Values of the column `rule` where no rule decided. */
const ruleName = z.string().min(1).max(100).regex(/^(?!(?:directory|default)$)/, "use another name: directory and default mean that no rule decided");

const rule = z
  .strictObject({
    name: ruleName.optional().meta({ description: "Name shown in the column `rule`. Without it the column says `allocation.rules[n]`.", examples: ["CI by repository"] }),
    when: callerCondition.meta({ description: "Usage that the rule is for. Every key must match; `{}` matches all usage. Other keys are dimensions.", examples: [{ tag: "tag:ci" }] }),
    team: teamName.optional().meta({ description: "This team pays all of it.", examples: ["payments"] }),
    by: z.string().optional().meta({ description: "A dimension. `teams` assigns its values to teams; for a request with any other value, the next rule is tried.", examples: ["repo"] }),
    teams: textMap({ key: pattern, value: teamName }).optional().meta({ description: "Values of the dimension in `by`, which may be patterns, and their teams.", examples: [{ "acme/web-*": "web" }] }),
    primary: z.union([z.literal(true), z.array(teamName).min(1)]).optional().meta({ description: "`true`: the first of the caller's teams pays, in the directory's order. A list of teams is the order instead.", examples: [true] }),
    split: z.union([z.literal("even"), weights]).optional().meta({ description: "`even` splits over the caller's teams; weights such as `{a: 70, b: 30}` split over these teams.", examples: [{ payments: 70, web: 30 }] }),
    unallocated: z.literal(true).optional().describe("Nobody pays: the usage stays `(unallocated)`."),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER)
  .refine(
    (one) => [one.team, one.by, one.primary, one.split, one.unallocated].filter((outcome) => outcome !== undefined).length === 1,
    "exactly one of team, by, primary, split, unallocated",
  )
  .refine((one) => (one.by === undefined) === (one.teams === undefined), "by goes with teams: {value: team}")
  .meta(keyRules(exactlyOne("team", "by", "primary", "split", "unallocated"), together("by", "teams")));

const pool = z
  .strictObject({
    name: z.string().min(1).max(100).meta({ description: "Name of the pool, shown in the report.", examples: ["shared CI"] }),
    when: usageCondition.meta({ description: "Usage in the pool. Every key must match. Other keys are dimensions.", examples: [{ tag: "tag:ci" }] }),
    spread: z.union([z.enum(["even", "proportional"]), weights]).meta({ description: "`even`, `proportional` to the direct cost of the teams, or weights such as `{a: 70, b: 30}`.", examples: ["proportional"] }),
    over: z.array(teamName).min(1).optional().meta({ description: "The teams that the pool is spread over. Without it: every team of the directory that is not in the pool itself.", examples: [["payments", "web"]] }),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER)
  .refine(({ spread, over }) => typeof spread === "string" || over === undefined, "weights name the teams themselves: leave out over")
  .meta(keyRules(where({ properties: { spread: { type: "object" } } }, without("over"))));

const percent = z.number().min(-100).max(1000).refine((value) => hasDecimals(value, 4), "at most four decimals");

const adjustment = z
  .strictObject({
    name: z.string().min(1).max(100).meta({ description: "Name of the adjustment, shown in the report.", examples: ["committed use"] }),
    when: usageCondition.default(new Map()).meta({ description: "Usage to adjust. Every key must match; without keys, all usage is adjusted.", examples: [{ provider: "anthropic" }] }),
    percent: percent.meta({ description: "Per cent of what is owed: -10 is a discount, 5 a markup.", examples: [-8] }),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

export function haveNames(all: readonly { name?: string | undefined }[]): boolean {
  const names = all.flatMap(({ name }) => name ?? []);
  return new Set(names).size === names.length;
}

export const allocationSection = z
  .strictObject({
    tags: z
      .enum(["even", "full"])
      .default("even")
      .describe("How the report by tag counts a device with several tags: `even` splits its cost, `full` puts the whole cost under each tag, and then the column does not add up."),
    several: z.enum(["primary", "even", "unallocated"]).default("primary").describe("Who pays for a caller of several teams when no rule decides: the first team, all of them evenly, or nobody."),
    rules: z.array(rule).default([]).refine(haveNames, "two rules have the same name").describe("Rules that decide who pays. The first that applies decides; when none does, the directory does."),
    pools: z.array(pool).default([]).refine(haveNames, "two pools have the same name").describe("Shared costs that are spread over teams."),
    adjustments: z
      .array(adjustment)
      .default([])
      .refine(haveNames, "two adjustments have the same name")
      .describe("Discounts and markups on what is owed, applied one after the other."),
  })
  .prefault({})
  .describe("Who pays for what: rules, shared costs, discounts and markups.");

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

/** @param known keys of such a condition that are not dimensions. */
function inConditions(list: string, all: readonly { when: ReadonlyMap<string, unknown> }[], known: object): DimensionUse[] {
  return all.flatMap(({ when }, index) => {
    const names = [...when.keys()].filter((name) => !Object.hasOwn(known, name));
    return names.map((name) => ({ name, path: [list, index, "when", name] }));
  });
}
