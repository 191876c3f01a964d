// Runs the statements of docs/sql-cookbook.md on the lake of the demo and writes their results into the page: npm run cookbook.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COOKBOOK, readRecipes, runRecipes, withResults } from "./cookbook.ts";

const lake = process.argv[2] ?? join(import.meta.dirname, "../../demo/lake");
const page = readFileSync(COOKBOOK, "utf8");
writeFileSync(COOKBOOK, withResults(page, await runRecipes(readRecipes(page), lake)));
