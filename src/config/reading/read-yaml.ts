import { type Document, isAlias, isNode, isScalar, LineCounter, parseDocument, Scalar, visit, type YAMLError, type YAMLMap } from "yaml";
import { LedgerError } from "../../ledger/errors.ts";
import { MOST_DEPTH, tooDeep } from "../../ledger/text/nesting.ts";
import { type WrittenEntry, writtenObject } from "../../ledger/names/written-map.ts";
import { type ConfigPlaces, placesIn } from "./config-places.ts";
import { mayShowSecret } from "./may-be-secret.ts";
import { findMisread } from "./misread-texts.ts";

/** Parses YAML and keeps its keys as written: `0041` stays that text and does not become a number. */
export function parseYaml(text: string, file: string): { value: unknown; places: ConfigPlaces } {
  try {
    return parseNested(text, file);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file, "config_invalid", error);
    // The library's message for nested aliases that would expand beyond any memory.
    if (error instanceof ReferenceError) throw new LedgerError("config_invalid", `${file}: its aliases expand to too much: ${error.message}`, { remedy: "write out what is meant", cause: error });
    throw error;
  }
}

function parseNested(text: string, file: string): { value: unknown; places: ConfigPlaces } {
  const lineCounter = new LineCounter();
  // Keys are compared below, as texts: to YAML 007 and 7 are one number.
  const document = parseDocument(text, { lineCounter, uniqueKeys: false });
  const places = placesIn(document, lineCounter, file);
  const [error] = document.errors;
  if (error?.message.startsWith("Maximum call stack")) throw tooDeep(file, "config_invalid", error);
  const misread = findMisread(document, text);
  if (misread !== undefined) throw new LedgerError("config_invalid", `${file}: ${misread.what} (${places.placeAt(misread.offset)})`, { remedy: misread.remedy });
  if (error !== undefined) throw new LedgerError("config_invalid", `${file}: ${describeError(error)}`, { remedy: "write valid YAML; a text that contains : or # or begins with a sign belongs in quotes" });
  nameKeys(document, places);
  return { value: toWrittenObjects(document.toJS({ mapAsMap: true }) ?? {}, file), places };
}

/** The library's message, without the lines of the file that it shows where they may hold a secret. */
function describeError({ message }: YAMLError): string {
  const [what = ""] = message.split("\n", 1);
  return mayShowSecret(message.slice(what.length)) ? what.replace(/:$/, "") : message.trimEnd();
}

/** The text that a key or a value is written as, without quotes. */
function textOf(scalar: Scalar): string {
  return scalar.type === Scalar.PLAIN && scalar.source !== undefined ? scalar.source : String(scalar.value);
}

/** Turns every key into its text. Throws `config_invalid` for a key that occurs twice and for a key that is not text. */
function nameKeys(document: Document, places: ConfigPlaces): void {
  visit(document, {
    Map: (_, map) => {
      const names = new Map<string, unknown>();
      for (const pair of map.items) {
        const key = isAlias(pair.key) ? pair.key.resolve(document) : pair.key;
        if (!isScalar(key)) throw refuse(places, pair.key, "a key is a list or a map", "a key must be a text: put it in quotes");
        const name = textOf(key);
        if (names.has(name)) throw refuse(places, pair.key, `the key ${JSON.stringify(name)} occurs twice, first at ${places.placeOfNode(names.get(name))}`, "leave one of them");
        names.set(name, key);
        rename(pair, name);
      }
    },
  });
}

/** Keeps an anchor, since aliases refer to it. */
function rename(pair: YAMLMap["items"][number], name: string): void {
  const key = new Scalar(name);
  if (isNode(pair.key) && pair.key.range) key.range = pair.key.range;
  if (isScalar(pair.key) && pair.key.anchor !== undefined) key.anchor = pair.key.anchor;
  pair.key = key;
}

function refuse(places: ConfigPlaces, node: unknown, what: string, remedy: string): LedgerError {
  return new LedgerError("config_invalid", `${places.file}: ${what} (${places.placeOfNode(node)})`, { remedy });
}

function toWrittenObjects(value: unknown, file: string, around: readonly unknown[] = []): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (around.includes(value)) throw new LedgerError("config_invalid", `${file}: an alias refers to a value that contains it`, { remedy: "write out what is meant" });
  if (around.length >= MOST_DEPTH) throw tooDeep(file, "config_invalid");
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((one: unknown) => toWrittenObjects(one, file, inside));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return writtenObject(entries.map(([key, one]): WrittenEntry => [String(key), toWrittenObjects(one, file, inside)]));
}
