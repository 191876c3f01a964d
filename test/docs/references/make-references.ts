// Writes the pages of docs/ that are generated: npm run references.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { REFERENCES } from "./references.ts";

for (const { file, render } of REFERENCES) writeFileSync(join(import.meta.dirname, "../../../docs", file), render());
