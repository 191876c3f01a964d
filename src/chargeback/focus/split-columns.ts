import { sqlDecimalText, sqlTrimZeros } from "../../ledger/sql/sql-values.ts";

/** Methods by which the configuration's pools and rules split usage. The other methods give a caller's usage to the caller's own team. */
const SPLIT_METHODS: readonly string[] = ["rule", "split_even", "split_weights", "pool_even", "pool_weights", "pool_proportional"];
/** The method for usage that is split over the tags of a device, where each part goes to one team as a whole. */
const BY_TAGS = "tags_even";

/** The method of FOCUS's split cost allocation that gave a payer the charge; null for the caller's own team. @param isByDefault whether no rule decided */
export function splitMethodOf(method: string, isByDefault: boolean): string | null {
  return SPLIT_METHODS.includes(method) || (method === "primary" && !isByDefault) ? method : null;
}

/** The end of `AllocatedMethodDetails`, after the elements: what the part is a part of, where that is known. */
export function detailsOfSplit(base: string | null): string {
  return base === null ? "" : `,"x_Base":${JSON.stringify(base)}`;
}

/**
 * SQL of whether a charge was split off a larger one, from the payer's `split_method` and the charge's `ratio` in billionths. Corrections have a
 * method but no ratio.
 */
const IS_SPLIT = "(split_method IS NOT NULL OR ratio IS NOT NULL)";

const RATIO = sqlTrimZeros(sqlDecimalText("ratio", 9));

/** The columns of FOCUS's split cost allocation, as SQL over the columns of a charge and its payer. */
export const SPLIT_COLUMNS = {
  AllocatedMethodDetails: `CASE WHEN ratio IS NOT NULL THEN '{"Elements":[{"AllocatedRatio":' || ${RATIO} || '}]' || split_details || '}' END`,
  AllocatedMethodId: `CASE WHEN ${IS_SPLIT} THEN coalesce(split_method, '${BY_TAGS}') END`,
  AllocatedResourceId: `CASE WHEN ${IS_SPLIT} THEN team END`,
  AllocatedResourceName: `CASE WHEN ${IS_SPLIT} THEN team END`,
  AllocatedTags: `CASE WHEN ${IS_SPLIT} AND payer_tags <> '' THEN '{' || payer_tags || '}' END`,
} as const;

/** SQL of `Tags`. */
export const TAGS = "'{' || payer_tags || CASE WHEN payer_tags <> '' AND dimension_tags <> '' THEN ',' ELSE '' END || dimension_tags || '}'";

/** SQL of `Tags` in versions in which the payer's tags of a split charge are in `AllocatedTags`. */
export const TAGS_BESIDE_ALLOCATED = `CASE WHEN ${IS_SPLIT} THEN '{' || dimension_tags || '}' ELSE ${TAGS} END`;
