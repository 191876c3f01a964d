import { readFileSync } from "node:fs";

/** Section → key → its values in order; systemd lets a key stand several times. */
export type UnitFile = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Reads a systemd unit; a line that is none is an error. */
export function readUnit(path: string): UnitFile {
  const unit = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (header !== undefined) unit.set(header, (section = new Map<string, string[]>()));
    else if (section !== undefined && key !== undefined && value !== undefined) section.set(key, [...(section.get(key) ?? []), value]);
    else throw new Error(`${path}: not understood: ${line}`);
  }
  return unit;
}
