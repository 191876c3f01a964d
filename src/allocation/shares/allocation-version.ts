/**
 * Versions of the calculation from rollups, directory and rules to allocations. With a new version, open months are allocated again and
 * closed months are corrected; a closed month is compared using the version that allocated it.
 */
const VERSIONS = {
  1: "direct cost left out what pools took, and written names were patterns",
  2: "direct cost is what each team has before pools take anything, and a written name means itself before it is a pattern",
} as const;
export type AllocationVersion = keyof typeof VERSIONS;

export const ALLOCATION_VERSION = 2 satisfies AllocationVersion;

/** What the current version changed since the version of a close. */
export function describeVersions(closed: AllocationVersion): string {
  return `${VERSIONS[ALLOCATION_VERSION]}; before, ${VERSIONS[closed]}`;
}
