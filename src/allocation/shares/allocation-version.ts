/**
 * Versions of how the same rollups, directory and rules become allocations. A new one makes open months be allocated again and
 * closed ones be corrected; what is settled of a closed month is compared by the version that it was allocated by.
 */
const VERSIONS = {
  1: "direct cost left out what pools took, and written names were patterns",
  2: "direct cost is what each team has before pools take anything, and a written name means itself before it is a pattern",
} as const;
export type AllocationVersion = keyof typeof VERSIONS;

export const ALLOCATION_VERSION = 2 satisfies AllocationVersion;

/** What the current version does otherwise than the one that a month was closed by. */
export function describeVersions(closed: AllocationVersion): string {
  return `${VERSIONS[ALLOCATION_VERSION]}; before, ${VERSIONS[closed]}`;
}
