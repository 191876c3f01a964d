/** Stands for the team of usage that no team pays for. */
export const UNALLOCATED = "(unallocated)";

/** Stands for the tag of usage without tags. No tag has this name: tags begin with `tag:`. */
export const UNTAGGED = "(untagged)";
