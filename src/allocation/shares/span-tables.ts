/** Rows of the allocation: `piece`, `key_id`, `owner_id`, `share` in billionths, `cost` in nanodollars, counts in billionths. */
export const ALLOCATED = "allocated";
/** Owners of the rows: `owner_id`, `team_no`, `team`, `cost_center`, `tag`, `method`, `rule`, `base`. */
export const ALLOCATED_OWNER = "allocated_owner";
/** Who pays: `team_no`, `team`, `cost_center`. */
export const PAYING_TEAM = "paying_team";
