const SUFFIX = ".cbor.zstd";
const UNIX_SECONDS = /^(?:ts-aperture-export-)?(\d{9,11})$/;

/** Whether an object with this key is an Aperture export. */
export function isExportKey(key: string): boolean {
  return key.endsWith(SUFFIX) && lastPart(key).length > SUFFIX.length;
}

/** The export object's own name, `ts-aperture-export-1789495200.cbor.zstd`. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** The name without its suffix, used in the keys of the ledger's own objects about this export. */
export function exportStem(name: string): string {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
}

/** When the export was made: the unix seconds in its name, or the object's time in the store. */
export function exportTime(name: string, lastModified: Date): Date {
  const seconds = UNIX_SECONDS.exec(exportStem(name))?.[1];
  return seconds === undefined ? lastModified : new Date(Number(seconds) * 1000);
}
