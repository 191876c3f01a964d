import { OTHERS, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { descending } from "../../ledger/orders.ts";
import type { AllocatedSummary } from "../report/allocation-figures.ts";
import type { UsageRow } from "../report/sum-month.ts";
import type { AllocationSums } from "../report/summarise-allocations.ts";
import { type CacheSaving, rankSavings } from "../sections/savings.ts";
import { addKnown, foldRows, mergeRows } from "./add-figures.ts";
import { chooseFolded, NOBODY, type People } from "./choose-folded.ts";
import { groupPeople, type KnownPeople } from "./hide-team.ts";
import { crowdValue } from "./read-crowds.ts";

/** A column of the usage and the values that only few people have in it. */
type FewValues = ReadonlySet<string>;

/** What the company's tables fold into `(others)`. */
export interface HiddenOfMonth {
  callers: FewValues;
  models: FewValues;
  providers: FewValues;
  /** Joined by commas. */
  tagSets: FewValues;
}

/**
 * Chooses what the company's tables hide. @param isOfSmallTeam whether a small team pays for a person: beside the team's total, the person's own
 * figures would identify them
 */
export function chooseHidden(rows: readonly UsageRow[], isOfSmallTeam: (caller: string) => boolean, { isPerson, smallestGroup }: KnownPeople): HiddenOfMonth {
  const choose = (nameOf: (row: UsageRow) => string, isChosen?: (name: string) => boolean): FewValues => {
    const people = groupPeople(rows.filter(({ caller, requests }) => isPerson(caller) && requests > 0n), nameOf);
    const names = namesByCost(rows, nameOf);
    return chooseFolded(names, (name): People => people.get(name) ?? NOBODY, smallestGroup, isChosen);
  };
  return {
    callers: choose(({ caller }) => caller, (caller) => isPerson(caller) && isOfSmallTeam(caller)),
    models: choose(({ model }) => model),
    providers: choose(({ provider }) => provider),
    tagSets: choose(nameTags),
  };
}

/** Most expensive first. */
function namesByCost(rows: readonly UsageRow[], nameOf: (row: UsageRow) => string): string[] {
  return [...Map.groupBy(rows, nameOf)]
    .map(([name, alike]) => ({ name, cost: addKnown(alike.map(({ cost }) => cost)) ?? -1n, requests: alike.reduce((sum, { requests }) => sum + requests, 0n) }))
    .toSorted((a, b) => descending(a.cost, b.cost) || descending(a.requests, b.requests) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

function nameTags({ tags }: UsageRow): string {
  return tags.length === 0 ? UNTAGGED : tags.join(",");
}

/** The usage in which `(others)` replaces hidden values. */
export function hideUsage(rows: readonly UsageRow[], { callers, models, providers, tagSets }: HiddenOfMonth): UsageRow[] {
  const mixed = rows.some(({ caller, callerType }) => callers.has(caller) && callerType !== "user");
  const hidden = rows.map((row): UsageRow => ({
    ...row,
    ...(callers.has(row.caller) ? { caller: OTHERS, callerType: mixed ? "unknown" : "user" } : {}),
    model: models.has(row.model) ? OTHERS : row.model,
    provider: providers.has(row.provider) ? OTHERS : row.provider,
    tags: tagSets.has(nameTags(row)) ? [OTHERS] : row.tags,
  }));
  return mergeRows(hidden, ({ instance, caller, callerType, tags, provider, model, billing }) => [instance, caller, callerType, tags, provider, model, billing]);
}

/** Amounts owed by tag and by dimension, with rows of few people folded. */
export function hideSums({ byTag, byDimension, rows }: AllocationSums, { isPerson, crowds, smallestGroup }: KnownPeople): Pick<AllocationSums, "byTag" | "byDimension"> {
  const ofTags = groupPeople(rows.filter(({ caller, requests }) => isPerson(caller) && requests > 0n), ({ tag }) => tag);
  const fold = <Key>(summary: AllocatedSummary<Key>, peopleOf: (key: Key) => People, others: Key): AllocatedSummary<Key> => foldRows(summary, chooseFolded(summary, ({ key }) => peopleOf(key), smallestGroup), others);
  return {
    byTag: fold(byTag, ({ tag }) => ofTags.get(tag) ?? NOBODY, { tag: OTHERS }),
    byDimension: byDimension.map(({ name, rows: values }) => ({ name, rows: fold(values, (key) => crowds.peopleOf(null, "dimension", name, crowdValue(key)), { value: OTHERS, given: true }) })),
  };
}

export function hideSavings(savings: readonly CacheSaving[], { models, providers }: HiddenOfMonth): CacheSaving[] {
  return rankSavings(savings.map((one) => ({ ...one, model: models.has(one.model) ? OTHERS : one.model, provider: providers.has(one.provider) ? OTHERS : one.provider })));
}
