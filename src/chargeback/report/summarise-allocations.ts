import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { type AllocatedFigures, type AllocatedPart, type AllocatedSummary, groupAllocated, sumAllocated } from "./allocation-figures.ts";

/** Stands for the value of a dimension that a request does not have. */
export const NO_VALUE = "(none)";

/** The month's allocations of one key; there is one line for each key. */
export interface AllocationLine extends AllocatedPart {
  /** A name, or `UNALLOCATED`. */
  team: string;
  costCenter: string | null;
  caller: string;
  /** One tag, or `UNTAGGED`. */
  tag: string;
  provider: string;
  model: string;
  /** The rule that decided. */
  rule: string;
}

export interface DimensionParts {
  name: string;
  /** The value is null where requests do not have the dimension. */
  parts: readonly (AllocatedPart & { value: string | null })[];
}

export interface TeamKey {
  team: string;
  costCenter: string | null;
}

export interface DimensionKey {
  value: string;
  /** False for requests without the dimension; distinguishes them from requests whose value is the text `NO_VALUE`. */
  given: boolean;
}

/** Each grouping, and the rows, add up to the total exactly. */
export interface AllocationSums {
  total: AllocatedFigures;
  /** `UNALLOCATED` is always included, and always last. */
  byTeam: AllocatedSummary<TeamKey>;
  byTag: AllocatedSummary<{ tag: string }>;
  byDimension: { name: string; rows: AllocatedSummary<DimensionKey> }[];
  /** In order of their key. */
  rows: AllocationLine[];
}

export function summariseAllocations(rows: AllocationLine[], dimensions: readonly DimensionParts[]): AllocationSums {
  return {
    total: sumAllocated(rows),
    byTeam: groupByTeam(rows),
    byTag: groupAllocated(rows, ({ tag }) => ({ tag })),
    byDimension: dimensions.map(({ name, parts }) => ({
      name,
      rows: groupAllocated(parts, ({ value }): DimensionKey => ({ value: value ?? NO_VALUE, given: value !== null })),
    })),
    rows,
  };
}

function groupByTeam(rows: readonly AllocationLine[]): AllocatedSummary<TeamKey> {
  const summary = groupAllocated(rows, ({ team, costCenter }): TeamKey => ({ team, costCenter }));
  const unallocated = summary.filter(({ key }) => key.team === UNALLOCATED);
  if (unallocated.length === 0) unallocated.push({ key: { team: UNALLOCATED, costCenter: null }, figures: sumAllocated([]) });
  return [...summary.filter(({ key }) => key.team !== UNALLOCATED), ...unallocated];
}
