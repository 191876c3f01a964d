import type { z } from "zod";

export type Schema = z.core.JSONSchema.BaseSchema;

/** A key of the configuration file, as a row of the reference. */
export interface KeyRow {
  /** Such as `sources[].name`. */
  path: string;
  schema: Schema;
  isRequired: boolean;
  /** An earlier key with the same keys below it, which are listed there only. */
  sameAs: string | undefined;
}

/** @param listed where each set of keys was listed first, over all sections */
export function listKeys(path: string, schema: Schema, listed: Map<string, string>): KeyRow[] {
  const objects = objectsIn(schema);
  const below = `${path}${isList(schema) ? "[]" : ""}`;
  const names = new Set(objects.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...names].flatMap((name) => {
    const key = `${below}.${name}`;
    const alternatives = objects.flatMap(({ properties = {} }) => schemasOf(properties[name]));
    const [first, ...others] = alternatives;
    if (first === undefined) return [];
    const child = others.reduce(unite, first);
    const isRequired = objects.every(({ required = [] }) => required.includes(name));
    const inner = JSON.stringify(objectsIn(child).map(({ properties }) => properties));
    if (inner === "[]") return [{ path: key, schema: child, isRequired, sameAs: undefined }];
    const sameAs = listed.get(inner);
    if (sameAs === undefined) listed.set(inner, key);
    return [{ path: key, schema: child, isRequired, sameAs }, ...(sameAs === undefined ? listKeys(key, child, listed) : [])];
  });
}

/** The objects that a value may be, or that a list of them holds. */
export function objectsIn(schema: Schema): Schema[] {
  if (schema.properties !== undefined) return [schema];
  if (typeof schema.items === "object" && !Array.isArray(schema.items)) return objectsIn(schema.items);
  return alternativesOf(schema).flatMap(objectsIn);
}

export function alternativesOf({ anyOf = [], oneOf = [] }: Schema): Schema[] {
  return [...anyOf, ...oneOf];
}

/** JSON Schema allows `true` and `false` where a schema stands; zod writes neither for a key. */
function schemasOf(value: Schema | boolean | undefined): Schema[] {
  return typeof value === "object" ? [value] : [];
}

function isList(schema: Schema): boolean {
  return schema.type === "array" || alternativesOf(schema).some(isList);
}

/** A key of several alternatives that has another fixed value in each, such as the kind of a target, takes all of them. */
function unite(one: Schema, other: Schema): Schema {
  const values = [...fixedValues(one), ...fixedValues(other)];
  const { const: _only, ...rest } = one;
  return values.length === 0 ? one : { ...rest, enum: [...new Set(values)] };
}

export function fixedValues({ const: only, enum: several = [] }: Schema): NonNullable<Schema["enum"]> {
  return only === undefined ? several : [only];
}
