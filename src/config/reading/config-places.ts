import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Pair, Scalar } from "yaml";
import type { Config } from "../config.ts";

export type ConfigPath = readonly PropertyKey[];

/** Where values of a configuration are written. */
export interface ConfigPlaces {
  file: string;
  /** `line 3, column 14` of the value at a path, or of the nearest written value around it. */
  placeOf: (path: ConfigPath) => string;
  /** `line 3, column 14` of the key at a path. */
  placeOfKey: (path: ConfigPath) => string;
  placeOfNode: (node: unknown) => string;
  /** `line 3, column 14` of a position in the text. */
  placeAt: (offset: number) => string;
  /** The text of a number or a truth value, as it is written without quotes at a path; undefined for anything else. */
  writtenAt: (path: ConfigPath) => string | undefined;
}

export function placesIn(document: Document, lines: LineCounter, file: string): ConfigPlaces {
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${String(line)}, column ${String(col)}`;
  };
  const show = (node: unknown): string => placeAt(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  return {
    file,
    placeOf: (path) => show(findNearest(document, path)),
    placeOfKey: (path) => {
      const around = findNearest(document, path.slice(0, -1));
      return show(findPair(around, path.at(-1))?.key ?? around);
    },
    placeOfNode: show,
    placeAt,
    writtenAt: (path) => textOfValue(findAt(document, path)),
  };
}

function findNearest(document: Document, path: ConfigPath): unknown {
  const length = path.findIndex((_, index) => findAt(document, path.slice(0, index + 1)) === undefined);
  return findAt(document, length < 0 ? path : path.slice(0, length));
}

function findAt(document: Document, path: ConfigPath): unknown {
  let node: unknown = document.contents;
  for (const part of path) {
    const inside = childOf(node, part);
    node = isAlias(inside) ? inside.resolve(document) : inside;
    if (!isNode(node)) return undefined;
  }
  return node;
}

function textOfValue(node: unknown): string | undefined {
  if (!isScalar(node) || node.type !== Scalar.PLAIN) return undefined;
  return typeof node.value === "number" || typeof node.value === "boolean" ? node.source : undefined;
}

function childOf(node: unknown, part: PropertyKey): unknown {
  return isSeq(node) ? node.items[Number(part)] : findPair(node, part)?.value;
}

function findPair(node: unknown, name: PropertyKey | undefined): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(name));
}

/** A configuration is plain data that is checked again after the flags are applied; its origin is stored separately. */
const known = new WeakMap<Config, ConfigPlaces>();

export function rememberPlaces(config: Config, places: ConfigPlaces): Config {
  known.set(config, places);
  return config;
}

/** `aperture-ledger.yaml: limits[2].scope.team (line 9, column 14)`; only the known parts. */
export function describePlace(config: Config, path: ConfigPath): string {
  const written = path.map((part, index) => (typeof part === "number" ? `[${String(part)}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
  const places = known.get(config);
  return places === undefined ? written : `${places.file}: ${written} (${places.placeOf(path)})`;
}
