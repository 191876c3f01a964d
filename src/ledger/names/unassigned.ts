/** The team name for usage that no team pays for. */
export const UNALLOCATED = "(unallocated)";

/** The tag name for usage without tags. No real tag has this name, since tags begin with `tag:`. */
export const UNTAGGED = "(untagged)";
