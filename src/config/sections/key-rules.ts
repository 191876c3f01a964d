import type { z } from "zod";

type Rule = z.core.JSONSchema.BaseSchema;

/**
 * Rules about the keys of one map, for its JSON Schema: an editor then reports what the program refuses. Each repeats a refinement beside it.
 * They are in `allOf`, since `oneOf` and `anyOf` say which kinds of value a key takes.
 */
export function keyRules(...rules: Rule[]): { allOf: Rule[] } {
  return { allOf: rules };
}

export function exactlyOne(...keys: string[]): Rule {
  return { oneOf: keys.map(has) };
}

export function atLeastOne(...keys: string[]): Rule {
  return { anyOf: keys.map(has) };
}

export function atMostOne(...keys: string[]): Rule {
  return { allOf: keys.flatMap((one, index) => keys.slice(index + 1).map((other) => ({ not: { required: [one, other] } }))) };
}

/** Where the first rule holds, so does the second. */
export function where(rule: Rule, then: Rule): Rule {
  return { anyOf: [{ not: rule }, then] };
}

export function without(...keys: string[]): Rule {
  return { not: { anyOf: keys.map(has) } };
}

export function has(key: string): Rule {
  return { required: [key] };
}

export function is(key: string, value: string): Rule {
  return { required: [key], properties: { [key]: { const: value } } };
}

/** Both keys or neither. */
export function together(one: string, other: string): Rule {
  return { dependencies: { [one]: [other], [other]: [one] } };
}

/** A regular expression for these words in any case: JSON Schema has no flags. */
export function anyCase(...words: string[]): string {
  return words.map((word) => word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`)).join("|");
}
