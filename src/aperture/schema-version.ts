/** Latest version of Aperture's record (`ver`) that this reader was built for. Newer ones are read, and reported. */
export const KNOWN_VERSION = 2;

/** How many of the records counted by version are newer. */
export function countNewer(recordsByVersion: Readonly<Record<string, number>>): number {
  const newer = Object.entries(recordsByVersion).filter(([version]) => Number(version) > KNOWN_VERSION);
  return newer.reduce((sum, [, records]) => sum + records, 0);
}
