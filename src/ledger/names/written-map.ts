import { z } from "zod";

/** Key and value, as written. */
export type WrittenEntry = readonly [string, unknown];

/**
 * The written entries of objects that were read from a text. An object moves keys that look like numbers to the front and has
 * each key once; reading a user's texts as keys needs the written order and all duplicates.
 */
const written = new WeakMap<object, readonly WrittenEntry[]>();

/** Makes an object that remembers its entries in written order, including duplicate keys. */
export function writtenObject(entries: readonly WrittenEntry[]): object {
  const object: object = Object.fromEntries(entries);
  written.set(object, entries);
  return object;
}

/** The entries of a map or object as they were written; undefined for anything else. */
export function writtenEntries(value: unknown): readonly WrittenEntry[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (!(value instanceof Map)) return written.get(value) ?? Object.entries(value);
  return [...value].map(([key, one]): WrittenEntry => [String(key), one]);
}

interface MapSchemas<Value> {
  /** Schema of the keys; any text by default. */
  key?: z.ZodType<string>;
  value: z.ZodType<Value>;
  /** What the map has to be, for the message about anything else. */
  meant?: string;
  /** Keys whose values have a different schema. */
  known?: Readonly<Record<string, z.ZodType<Value>>>;
  /** Meaning of a duplicate key; a mistake by default. */
  repeated?: "mistake" | "last counts";
}

/**
 * A map whose keys are text written by a user: every key, as written and in that order. Its JSON Schema is an object.
 * It reads a map as well, so that what was checked once can be checked again.
 */
export function textMap<Value>(schemas: MapSchemas<Value>): z.ZodType<ReadonlyMap<string, Value>> {
  const reading = z.transform((given: unknown, context): ReadonlyMap<string, Value> => {
    const entries = writtenEntries(given);
    const read = new Map<string, Value>();
    if (entries === undefined) context.issues.push({ code: "invalid_type", expected: "object", input: given, ...(schemas.meant === undefined ? {} : { message: schemas.meant }) });
    for (const [name, one] of entries ?? []) {
      const key = schemas.key?.safeParse(name);
      const value = valueOf(schemas, name).safeParse(one);
      for (const issue of [...(key?.error?.issues ?? []), ...(value.error?.issues ?? [])]) context.issues.push(placeBelow(name, issue, one));
      if (read.has(name) && schemas.repeated !== "last counts") context.issues.push({ code: "custom", message: "the key occurs twice", input: one, path: [name] });
      if (value.success) read.set(name, value.data);
    }
    return read;
  });
  // A transformation may stand for a missing key, but this one is a mistake there: the JSON Schema says that the key is required.
  // oxlint-disable-next-line no-underscore-dangle -- zod's own place for it
  reading._zod.optin = undefined;
  // A separate schema after the reading: refining the whole would copy the schema around it.
  const map = z.custom<ReadonlyMap<string, Value>>();
  // oxlint-disable-next-line no-underscore-dangle -- zod's own place for it
  map._zod.toJSONSchema = () => jsonSchemaOf(schemas);
  return z.pipe(reading, map);
}

function placeBelow(name: string, issue: z.core.$ZodIssue, input: unknown): z.core.$ZodRawIssue {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an issue with its input is what zod calls a raw one
  return { ...issue, input, path: [name, ...issue.path] } as z.core.$ZodRawIssue;
}

function valueOf<Value>({ value, known = {} }: MapSchemas<Value>, name: string): z.ZodType<Value> {
  return (Object.hasOwn(known, name) ? known[name] : undefined) ?? value;
}

function jsonSchemaOf<Value>({ key, value, known = {} }: MapSchemas<Value>): z.core.JSONSchema.BaseSchema {
  const properties = Object.entries(known).map(([name, one]): [string, z.core.JSONSchema.BaseSchema] => [name, schemaOf(one)]);
  return {
    type: "object",
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(key === undefined ? {} : { propertyNames: schemaOf(key) }),
    additionalProperties: schemaOf(value),
  };
}

function schemaOf(one: z.ZodType): z.core.JSONSchema.BaseSchema {
  const schema: object = z.toJSONSchema(one, { io: "input" });
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== "$schema"));
}

/** A map from a list of pairs, which keeps its order in JSON; or from an object, as earlier versions stored it. */
export function keptMap<Value>(value: z.ZodType<Value>): z.ZodType<ReadonlyMap<string, Value>> {
  return z.union([z.array(z.tuple([z.string(), value])).transform((pairs) => new Map(pairs)), textMap({ value })]);
}

/** A value as plain JSON, with each map as the list of its pairs. */
export function keepMaps(value: object): object {
  return replaceMaps(value, (pairs) => pairs);
}

/** Replaces each map in a value by the result of `replace` for its pairs. */
export function replaceMaps(value: object, replace: (pairs: [string, unknown][]) => object): object {
  const inside = (one: unknown): unknown => (typeof one === "object" && one !== null ? replaceMaps(one, replace) : one);
  if (value instanceof Map) return replace([...value].map(([key, one]) => [String(key), inside(one)]));
  if (Array.isArray(value)) return value.map((one: unknown) => inside(one));
  return Object.fromEntries(Object.entries(value).map(([name, one]: [string, unknown]) => [name, inside(one)]));
}
