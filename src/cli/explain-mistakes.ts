import { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What is wrong with a value and where in it: of a value that may be this or that, what it is wrong with as what it comes closest to. */
export function explainMistakes(error: z.ZodError): string {
  return z.prettifyError({ issues: error.issues.flatMap(lookInside) });
}

function lookInside(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((mistakes) => mistakes.every(({ path }) => path.length > 0));
  return inside?.flatMap((mistake) => lookInside({ ...mistake, path: [...issue.path, ...mistake.path] })) ?? [issue];
}
