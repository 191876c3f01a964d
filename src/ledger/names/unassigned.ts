/** The team name for usage that no team pays for. */
export const UNALLOCATED = "(unallocated)";

/** The tag name for usage without tags. No real tag has this name, since tags begin with `tag:`. */
export const UNTAGGED = "(untagged)";

/** The caller and gateway of a charge that is not a request. No login is in parentheses. */
export const NOBODY = "(none)";

/** The name of a row that adds up groups of few people, so that no figure is about a single person. */
export const OTHERS = "(others)";
