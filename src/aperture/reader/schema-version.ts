/** Latest version of Aperture's record (`ver`) that this reader supports. Newer records are read, and reported. */
const KNOWN_VERSION = 2;

/** Number of records with a newer version, from the numbers of records by version of several exports. */
export function countNewer(exports: Iterable<Readonly<Record<string, number>>>): number {
  let newer = 0;
  for (const recordsByVersion of exports) {
    for (const [version, records] of Object.entries(recordsByVersion)) if (Number(version) > KNOWN_VERSION) newer += records;
  }
  return newer;
}
