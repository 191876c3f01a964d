/** Objects read at the same time: as many as hide the delay of a remote store. */
export const READS_AT_ONCE = 16;
