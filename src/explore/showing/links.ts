import { formatQuestion } from "../question/format-question.ts";
import { canFilter } from "../question/parse-question.ts";
import { propertiesOf } from "../question/property.ts";
import { DAY, type Filter, type Question, type QuestionSettings } from "../question/question.ts";

export const EXPLORE = "/explore";
export const EXPLORE_CSV = "/explore.csv";
export const SESSIONS = "/explore/sessions";
export const SESSIONS_CSV = "/explore/sessions.csv";

export function linkTo(path: string, question: Question): string {
  return `${path}?${formatQuestion(question)}`;
}

/**
 * The question about one value of a grouping: filtered by the value and grouped by something that still differs. Undefined for a value that
 * a link cannot have. @param value null: requests without the property
 */
export function drillInto(question: Question, property: string, value: string | null, settings: QuestionSettings): Question | undefined {
  if (property === DAY) {
    if (value === null) return undefined;
    return regroup({ ...question, span: { from: value, to: value } }, property, settings);
  }
  if (value !== null && !canFilter(value)) return undefined;
  const only: Filter = { property, values: value === null ? [] : [value], lacking: value === null };
  return regroup({ ...question, filters: inOrder([...question.filters.filter((filter) => filter.property !== property), only], settings) }, property, settings);
}

/** Without one of its values. @param value null: without the filter for requests that lack the property */
export function removeFilter(question: Question, property: string, value: string | null): Question {
  const filters = question.filters.flatMap((filter): Filter[] => {
    if (filter.property !== property) return [filter];
    const left = value === null ? { ...filter, lacking: false } : { ...filter, values: filter.values.filter((one) => one !== value) };
    return left.values.length === 0 && !left.lacking ? [] : [left];
  });
  return { ...question, filters };
}

/** Replaces a grouping that has only one value left: by the columns or, without columns, by the next property without a filter. */
function regroup(question: Question, property: string, { dimensions }: QuestionSettings): Question {
  if (question.columns === property) return { ...question, columns: null };
  if (question.rows !== property) return question;
  if (question.columns !== null) return { ...question, rows: question.columns, columns: null };
  const filtered = new Set([property, ...question.filters.map((filter) => filter.property)]);
  const next = ["caller", "model", ...dimensions.map((name) => `dimension.${name}`), "provider", "agent"].find((name) => !filtered.has(name));
  return { ...question, rows: next ?? (property === DAY ? "status_class" : DAY) };
}

function inOrder(filters: readonly Filter[], { dimensions }: QuestionSettings): Filter[] {
  const place = new Map(propertiesOf(dimensions).map(({ name }, index) => [name, index]));
  return filters.toSorted((a, b) => (place.get(a.property) ?? 0) - (place.get(b.property) ?? 0));
}
