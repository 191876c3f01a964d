/** Latest version of Aperture's record (`ver`) that this reader was built for. Newer ones are read, and reported. */
const KNOWN_VERSION = 2;

/** How many records are of a newer version, given the records by version of some exports. */
export function countNewer(exports: Iterable<Readonly<Record<string, number>>>): number {
  let newer = 0;
  for (const recordsByVersion of exports) {
    for (const [version, records] of Object.entries(recordsByVersion)) if (Number(version) > KNOWN_VERSION) newer += records;
  }
  return newer;
}
