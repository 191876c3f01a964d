import type { FocusData } from "./focus-data.ts";
import type { Check, FocusModel, Rule } from "./focus-model.ts";
import { type Row, ROW_CHECKS } from "./row-checks.ts";

/** What became of a rule. `dynamic`: the rule set has no check for it. `permitted`: a MAY, which nothing can violate. */
export type Verdict =
  | { is: "passed" | "dynamic" | "permitted" }
  | { is: "failed"; why: string }
  | { is: "not applicable"; criteria: readonly string[] };

/** What stands in place of a rule whose check is not what its text says. */
export type Corrected = ReadonlyMap<string, Partial<Pick<Rule, "requirement" | "condition">>>;

/** Checks of the whole export, of the rows that a condition leaves. */
const DATA_CHECKS: Readonly<Record<string, (data: FocusData, rows: readonly Row[], check: Check) => boolean>> = {
  ColumnPresent: ({ types }, _, { ColumnName }) => types.has(String(ColumnName)),
  TypeDecimal: ({ types }, _, { ColumnName }) => /^(?:DECIMAL|DOUBLE|FLOAT)/.test(types.get(String(ColumnName)) ?? ""),
  TypeString: ({ types }, _, { ColumnName }) => types.get(String(ColumnName)) === "VARCHAR",
  TypeDateTime: ({ types }, _, { ColumnName }) => (types.get(String(ColumnName)) ?? "").startsWith("TIMESTAMP"),
  CheckDistinctCount: (_, rows, { ColumnAName, ColumnBName, ExpectedCount }) => {
    const groups = Map.groupBy(rows.filter((row) => row[String(ColumnAName)] !== null), (row) => row[String(ColumnAName)]);
    return [...groups.values()].every((group) => new Set(group.map((row) => row[String(ColumnBName)])).size === ExpectedCount);
  },
};

/** Applies the rule set to an export, with what its provider supports. */
export class FocusChecker {
  readonly #data: FocusData;
  readonly #model: FocusModel;
  readonly #supported: ReadonlySet<string>;
  readonly #corrected: Corrected;
  /** Composite rules by the rules they are made of. */
  readonly #parents = new Map<string, string[]>();
  /** Those that conditions leave. */
  readonly #rows = new Map<string, readonly Row[]>();
  readonly #verdicts = new Map<string, Verdict>();

  constructor(data: FocusData, model: FocusModel, supported: readonly string[], corrected: Corrected = new Map()) {
    this.#data = data;
    this.#model = model;
    this.#supported = new Set(supported);
    this.#corrected = corrected;
    for (const [id, { requirement }] of model.rules) for (const part of rulesIn(requirement)) this.#parents.set(part, [...(this.#parents.get(part) ?? []), id]);
  }

  all(): Map<string, Verdict> {
    return new Map([...this.#model.rules.keys()].map((id) => [id, this.judge(id)]));
  }

  judge(id: string): Verdict {
    const verdict = this.#verdicts.get(id) ?? this.#judge(id);
    this.#verdicts.set(id, verdict);
    return verdict;
  }

  #judge(id: string): Verdict {
    const { isStatic, keyword, text } = this.#rule(id);
    const missing = this.#criteriaOf(id).filter((criterion) => !this.#supported.has(criterion));
    if (missing.length > 0) return { is: "not applicable", criteria: missing };
    if (keyword === "MAY") return { is: "permitted" };
    const { requirement } = this.#rule(id);
    if (!isStatic || requirement === null) return { is: "dynamic" };
    const rows = this.#rowsUnder(this.#conditionsOf(id));
    return this.holds(requirement, rows) ? { is: "passed" } : { is: "failed", why: `${text} (${String(rows.length)} rows)` };
  }

  #rowsUnder(conditions: readonly Check[]): readonly Row[] {
    const name = JSON.stringify(conditions);
    const rows = this.#rows.get(name) ?? this.#data.rows.filter((row) => conditions.every((condition) => this.#holdsFor(row, condition)));
    this.#rows.set(name, rows);
    return rows;
  }

  /** Whether a check holds for rows. Throws for one that nobody knows. */
  holds(check: Check, rows: readonly Row[] = this.#data.rows): boolean {
    const { CheckFunction: name, Items = [] } = check;
    if (name === "CheckModelRule") return this.judge(String(check["ModelRuleId"])).is !== "failed";
    if (name === "AND") return Items.every((item) => this.holds(item, rows));
    if (name === "OR" && Items.some((item) => !isOfRow(item))) return Items.some((item) => this.holds(item, rows));
    const ofData = DATA_CHECKS[name];
    return ofData === undefined ? rows.every((row) => this.#holdsFor(row, check)) : ofData(this.#data, rows, check);
  }

  #holdsFor(row: Row, check: Check): boolean {
    const { CheckFunction: name, Items = [] } = check;
    if (name === "AND") return Items.every((item) => this.#holdsFor(row, item));
    if (name === "OR") return Items.some((item) => this.#holdsFor(row, item));
    const ofRow = ROW_CHECKS[name];
    if (ofRow === undefined) throw new Error(`unknown check function ${name}`);
    return ofRow(row, check, this.#model);
  }

  #rule(id: string): Rule {
    const found = this.#model.rules.get(id);
    if (found === undefined) throw new Error(`no rule ${id}`);
    return { ...found, ...this.#corrected.get(id) };
  }

  /** A rule applies only where what it is part of applies. */
  #criteriaOf(id: string): string[] {
    return [...new Set([...this.#rule(id).criteria, ...(this.#parents.get(id) ?? []).flatMap((parent) => this.#criteriaOf(parent))])];
  }

  #conditionsOf(id: string): Check[] {
    const { condition } = this.#rule(id);
    return [...(condition === null ? [] : [condition]), ...(this.#parents.get(id) ?? []).flatMap((parent) => this.#conditionsOf(parent))];
  }
}

function isOfRow({ CheckFunction: name, Items = [] }: Check): boolean {
  return name === "AND" || name === "OR" ? Items.every(isOfRow) : name in ROW_CHECKS;
}

function rulesIn(check: Check | null): string[] {
  if (check === null) return [];
  return check.CheckFunction === "CheckModelRule" ? [String(check["ModelRuleId"])] : (check.Items ?? []).flatMap(rulesIn);
}
