import type { z } from "zod";
import { type WrittenEntry, writtenEntries, writtenObject } from "../../ledger/names/written-map.ts";
import type { ConfigPath, ConfigPlaces } from "./config-places.ts";

/**
 * Checks a value that YAML made. Where a text is wanted and YAML made a number or a truth value of it, the text is taken as it is
 * written: `cost_center: 0100` and `members: [007]` mean what they say.
 */
export function takeAsWritten<Shape>(shape: z.ZodType<Shape>, value: unknown, places: ConfigPlaces | undefined): z.ZodSafeParseResult<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success || places === undefined) return parsed;
  const texts = parsed.error.issues.flatMap((issue) => wantedTexts(issue, [])).flatMap((path) => {
    const text = places.writtenAt(path);
    return text === undefined || typeof valueAt(value, path) === "string" ? [] : [{ path, text }];
  });
  if (texts.length === 0) return parsed;
  return takeAsWritten(shape, texts.reduce((whole, { path, text }) => replaceAt(whole, path, text), value), places);
}

/** Paths at which a text was wanted and something else found, of every alternative. */
function wantedTexts(issue: z.core.$ZodIssue, around: ConfigPath): ConfigPath[] {
  const path = [...around, ...issue.path];
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap((inside) => wantedTexts(inside, path));
  return issue.code === "invalid_type" && issue.expected === "string" ? [path] : [];
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce((around: unknown, part) => (Array.isArray(around) ? around[Number(part)] : writtenEntries(around)?.find(([key]) => key === part)?.[1]), value);
}

function replaceAt(value: unknown, [part, ...rest]: ConfigPath, text: string): unknown {
  if (part === undefined) return text;
  if (Array.isArray(value)) return value.map((one: unknown, index) => (index === part ? replaceAt(one, rest, text) : one));
  const entries = writtenEntries(value) ?? [];
  return writtenObject(entries.map(([key, one]): WrittenEntry => [key, key === part ? replaceAt(one, rest, text) : one]));
}
