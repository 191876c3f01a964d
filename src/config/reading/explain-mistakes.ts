import { z } from "zod";
import type { ConfigPlaces } from "./config-places.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong with a value and where in it: of a value that may be this or that, what it is wrong with as what it comes closest to. */
export function explainMistakes(error: z.ZodError, places?: ConfigPlaces): string {
  const issues = error.issues.flatMap(lookInside).toSorted((a, b) => a.path.length - b.path.length);
  return issues.map((issue) => explainIssue(issue, places)).join("\n");
}

function lookInside(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((mistakes) => mistakes.every(({ path }) => path.length > 0));
  return inside?.flatMap((mistake) => lookInside({ ...mistake, path: [...issue.path, ...mistake.path] })) ?? [issue];
}

function explainIssue(issue: Issue, places: ConfigPlaces | undefined): string {
  const text = z.prettifyError({ issues: [issue] });
  if (places === undefined) return text;
  const place = issue.code === "unrecognized_keys" ? places.placeOfKey([...issue.path, issue.keys[0] ?? ""]) : places.placeOf(issue.path);
  return issue.path.length === 0 ? `${text}\n  → at ${place}` : `${text} (${place})`;
}
