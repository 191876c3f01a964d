import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COOKBOOK, readRecipes, withResults } from "./cookbook.ts";

// What the statements come to is checked on the lake that the demo's test makes.
test("every question of the cookbook has one statement and its result", () => {
  const page = readFileSync(COOKBOOK, "utf8");
  expect(readRecipes(page).map(({ question }) => question)).toEqual([...page.matchAll(/^## (.*)$/gm)].map(([, question]) => question));
  for (const { sql, result } of readRecipes(page)) expect([sql.trim().split(";").length, result.split("\n").length]).toEqual([2, expect.toSatisfy((lines: number) => lines > 2)]);
});

test("results are written where they belong and nowhere else", () => {
  const page = readFileSync(COOKBOOK, "utf8");
  const recipes = readRecipes(page);
  expect(withResults(page, recipes)).toBe(page);
  const other = recipes.map((recipe) => ({ ...recipe, result: `${recipe.question} $& $1\n` }));
  expect(readRecipes(withResults(page, other))).toEqual(other);
});
