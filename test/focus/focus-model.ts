import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe } from "vitest";
import { z } from "zod";
import { describeMissing } from "../fixtures.ts";

/** The FinOps Foundation's own rule set, of FOCUS 1.2. */
const MODEL = process.env["FOCUS_MODEL"] || join(import.meta.dirname, "../../../shared/focus/model-1.2.json");

/** A check function and its arguments. */
export type Check = { CheckFunction: string; ColumnName?: string; Value?: unknown; Items?: Check[] } & Record<string, unknown>;

/** `{}` is none. Some conditions of the model are written otherwise: `{"AND": [...]}`, and `CheckCondition` for the column. */
const check: z.ZodType<Check | null> = z.preprocess(
  evenOut,
  z.looseObject({ CheckFunction: z.string(), ColumnName: z.string().optional(), get Items() { return z.array(check).optional(); } }).nullable() as unknown as z.ZodType<Check | null>,
);

function evenOut(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return null;
  if ("CheckFunction" in value) return "CheckCondition" in value ? { ...value, ColumnName: value.CheckCondition } : value;
  return "AND" in value ? { CheckFunction: "AND", Items: [value.AND].flat() } : value;
}

const rule = z
  .object({
    Type: z.enum(["Static", "Dynamic"]),
    ApplicabilityCriteria: z.array(z.string()),
    ValidationCriteria: z.object({
      MustSatisfy: z.string(),
      Keyword: z.enum(["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY"]),
      Requirement: check,
      Condition: check,
    }),
  })
  .transform(({ Type, ApplicabilityCriteria, ValidationCriteria: { MustSatisfy, Keyword, Requirement, Condition } }) => ({
    isStatic: Type === "Static",
    criteria: ApplicabilityCriteria,
    text: MustSatisfy,
    keyword: Keyword,
    requirement: Requirement,
    condition: Condition,
  }));
export type Rule = z.infer<typeof rule>;

const focusModel = z.object({
  ApplicabilityCriteria: z.record(z.string(), z.unknown()),
  CheckFunctions: z.record(z.string(), z.unknown()),
  ModelRules: z.record(z.string(), rule),
});

export interface FocusModel {
  rules: ReadonlyMap<string, Rule>;
  criteria: readonly string[];
  functions: readonly string[];
  currencies: ReadonlySet<string>;
}

function readModel(): FocusModel {
  const { ApplicabilityCriteria, CheckFunctions, ModelRules } = focusModel.parse(JSON.parse(readFileSync(MODEL, "utf8")));
  const currencies = readFileSync(join(dirname(MODEL), "currency_codes.csv"), "utf8").split("\n").flatMap((line) => line.split(",")[1] ?? []);
  return {
    rules: new Map(Object.entries(ModelRules)),
    criteria: Object.keys(ApplicabilityCriteria),
    functions: Object.keys(CheckFunctions),
    currencies: new Set(currencies.map((code) => code.trim())),
  };
}

/** A suite that needs the rule set; where it is missing the suite is skipped and says so, and fails in CI. */
export function describeWithModel(title: string, suite: (model: FocusModel) => void): void {
  if (existsSync(MODEL)) {
    describe(title, () => suite(readModel()));
    return;
  }
  describeMissing(title, "no rule set", `no ${MODEL}; set FOCUS_MODEL to the rule set of FOCUS 1.2`);
}
