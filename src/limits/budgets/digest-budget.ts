import { createHash } from "node:crypto";
import type { Budget } from "./budget.ts";
import { describeScope } from "./scope.ts";

/** A digest of everything that decides when a threshold of the budget is reached. */
export function digestBudget({ scope, amount, per, timezone, thresholds }: Budget): string {
  const said = [describeScope(scope), String(amount), per, timezone, thresholds.toSorted((a, b) => a - b)];
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 32);
}
