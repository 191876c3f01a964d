import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import type { ConfigPath } from "./config-places.ts";

type Schema = z.core.JSONSchema.BaseSchema;

/** The key that was probably meant; undefined if no key that is allowed at that place is close to it. */
export function suggestKey(shape: z.ZodType, around: ConfigPath, key: string): string | undefined {
  const schema = z.toJSONSchema(shape, { io: "input", unrepresentable: "any" });
  const inside = around.reduce<Schema[]>((schemas, part) => schemas.flatMap((one) => below(one, part)), alternatives(schema));
  return suggest(key, inside.flatMap(({ properties }) => Object.keys(properties ?? {})));
}

/** The word that was probably meant: one that differs in case, in a third of its letters at most, or in the order of two neighbours. */
export function suggest(written: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const wanted = written.toLowerCase().replaceAll("-", "_");
  const swapped = words.find((word) => isSwapped(wanted, word));
  if (swapped !== undefined) return swapped;
  const nearest = closest(wanted, words);
  return distance(wanted, nearest) <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}

/** `prot` for `port`, which to the library is a difference of two letters. */
function isSwapped(one: string, other: string): boolean {
  const at = Array.from(one).findIndex((letter, index) => letter !== other[index]);
  const back = one.slice(0, at) + one.slice(at, at + 2).split("").reverse().join("") + one.slice(at + 2);
  return at >= 0 && back === other;
}

function below({ properties, items, prefixItems, additionalProperties }: Schema, part: PropertyKey): Schema[] {
  const named = Object.hasOwn(properties ?? {}, part) ? properties?.[String(part)] : undefined;
  const of = typeof part === "number" ? (prefixItems?.[part] ?? items) : (named ?? additionalProperties);
  return typeof of === "object" && !Array.isArray(of) ? alternatives(of) : [];
}

/** The schema itself, or the alternatives that it allows. */
function alternatives(schema: Schema | boolean): Schema[] {
  if (typeof schema === "boolean") return [];
  const inside = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...inside.flatMap(alternatives)];
}
