import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { type WrittenEntry, writtenEntries, writtenObject } from "../../ledger/names/written-map.ts";
import type { ConfigPath, ConfigPlaces } from "./config-places.ts";
import { explainIssue } from "./explain-issue.ts";

type Issue = z.core.$ZodIssue;

/** Checks a value against a shape. Throws `config_invalid` with every mistake and its place in the file. */
export function checkShape<Shape>(shape: z.ZodType<Shape>, value: unknown, origin: string, places?: ConfigPlaces): Shape {
  const parsed = parseAsWritten(shape, value, places);
  if (parsed.success) return parsed.data;
  throw new LedgerError("config_invalid", `${origin}: ${explainMistakes(parsed.error, { shape, value, places })}`, {
    remedy: "aperture-ledger config schema prints what is allowed, aperture-ledger init writes an example",
  });
}

/**
 * Parses a value that YAML produced. Where the shape expects text and YAML produced a number or a boolean, the text is taken as
 * written: `cost_center: 0100` and `members: [007]` mean what they say.
 */
function parseAsWritten<Shape>(shape: z.ZodType<Shape>, value: unknown, places: ConfigPlaces | undefined): z.ZodSafeParseResult<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success || places === undefined) return parsed;
  const texts = parsed.error.issues.flatMap((issue) => expectedTexts(issue, [])).flatMap((path) => {
    const text = places.writtenAt(path);
    return text === undefined || typeof valueAt(value, path) === "string" ? [] : [{ path, text }];
  });
  if (texts.length === 0) return parsed;
  return parseAsWritten(shape, texts.reduce((whole, { path, text }) => replaceAt(whole, path, text), value), places);
}

/** The paths where text was expected and something else was found, for every alternative of a union. */
function expectedTexts(issue: Issue, around: ConfigPath): ConfigPath[] {
  const path = [...around, ...issue.path];
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap((inside) => expectedTexts(inside, path));
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

interface Checked {
  shape: z.ZodType;
  value: unknown;
  places: ConfigPlaces | undefined;
}

/** Lists what is wrong with a value, and where. For a union it lists what is wrong with the closest alternative. */
function explainMistakes(error: z.ZodError, checked: Checked): string {
  const issues = error.issues.flatMap(lookInside).toSorted((a, b) => a.path.length - b.path.length);
  return issues.map((issue) => showIssue(issue, checked)).join("\n");
}

function lookInside(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((mistakes) => mistakes.every(({ path }) => path.length > 0));
  return inside?.flatMap((mistake) => lookInside({ ...mistake, path: [...issue.path, ...mistake.path] })) ?? [issue];
}

function showIssue(issue: Issue, { shape, value, places }: Checked): string {
  const text = z.prettifyError({ issues: [explainIssue(issue, valueAt(value, issue.path), shape)] });
  if (places === undefined) return text;
  const place = issue.code === "unrecognized_keys" ? places.placeOfKey([...issue.path, issue.keys[0] ?? ""]) : places.placeOf(issue.path);
  return issue.path.length === 0 ? `${text}\n  → at ${place}` : `${text} (${place})`;
}
