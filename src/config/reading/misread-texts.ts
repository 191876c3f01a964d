import { type Document, isAlias, isMap, isNode, isPair, isScalar, type Node, type Pair, Scalar, visit, type YAMLMap } from "yaml";
import { shorten } from "../../ledger/text/shorten.ts";
import { fromKeyOn, mayShowSecret } from "./may-be-secret.ts";

/** Something that a user wrote without quotes and that means something else to YAML. */
export interface Misread {
  /** Where it begins. */
  offset: number;
  what: string;
  remedy: string;
}

const VARIABLE = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/;
/** The end of a line, or the beginning of a comment in it. */
const END_OF_TEXT = /\r?\n| #/;
const MOST_LETTERS = 60;

/** What the first characters of an unquoted text mean to YAML. */
const MEANINGS: Readonly<Record<string, string>> = {
  "*": "* refers to an anchor, and no anchor before it has this name",
  "&": "& gives the next value a name, and there is no value",
  "!": "! says what type a value has, and there is no such type",
  "@": "no text begins with @ in YAML",
  "`": "no text begins with ` in YAML",
  "%": "no text begins with % in YAML",
  "|": "| begins a text of several lines",
  ">": "> begins a text of several lines",
  "#": "# begins a comment",
  "?": "? begins a key",
  "-": "- begins an entry of a list",
};

/** The first text that YAML probably reads differently from what its author meant; undefined if there is no such text. */
export function findMisread(document: Document, text: string): Misread | undefined {
  const found = [...findByNode(document, text), ...findByTag(document, text)];
  const [error] = document.errors;
  const atError = error === undefined ? undefined : findAtError(text, error.pos[0]);
  return [...found, ...(atError === undefined ? [] : [atError])].toSorted((a, b) => a.offset - b.offset)[0];
}

function findByNode(document: Document, text: string): Misread[] {
  const found: Misread[] = [];
  const used = new Set<string>();
  visit(document, { Alias: (_, { source }) => void used.add(source) });
  const known = new Set<string>();
  visit(document, (_, node) => {
    if (isPair(node)) found.push(...findComment(node, text));
    else if (isAlias(node) && !known.has(node.source)) found.push(unquoted(text, offsetOf(node)));
    else if (isMap(node)) found.push(...findSplitNumbers(node, text));
    else if (isScalar(node) && node.type === Scalar.PLAIN) found.push(...findInScalar(node, text, used));
    if (isNode(node) && !isAlias(node) && node.anchor !== undefined) known.add(node.anchor);
  });
  return found;
}

function findInScalar(scalar: Scalar, text: string, used: ReadonlySet<string>): Misread[] {
  const { anchor, value, source = "" } = scalar;
  if (anchor !== undefined && value === null && !used.has(anchor)) return [unquoted(text, text.lastIndexOf("&", offsetOf(scalar)))];
  return VARIABLE.test(source) ? [variable(text, offsetOf(scalar))] : [];
}

/** Finds `channel: #general`. YAML reads only the key of such an entry. */
function findComment({ key, value }: Pair, text: string): Misread[] {
  if (!isScalar(key) || hasValue(value)) return [];
  const end = key.range?.[1] ?? 0;
  const comment = /^\s*:[ \t]+(?=#\S)/.exec(text.slice(end).split("\n", 1)[0] ?? "");
  return comment === null ? [] : [unquoted(text, end + comment[0].length)];
}

/** Finds a decimal comma as in `{input: 0,10}`, which YAML reads as two entries. */
function findSplitNumbers({ flow, items }: YAMLMap, text: string): Misread[] {
  if (flow !== true) return [];
  return items.flatMap(({ key, value }, index) => {
    const before = items[index - 1]?.value;
    if (!isScalar(key) || !isScalar(before) || hasValue(value)) return [];
    const [start, end] = [offsetOf(before), key.range?.[1] ?? 0];
    const written = text.slice(start, end);
    if (!hasNumberComma(written)) return [];
    return [{ offset: start, what: `${JSON.stringify(written)} is two entries, since a comma separates entries`, remedy: COMMA_REMEDY }];
  });
}

/** Whether a text is a number with a comma, before its decimals or between its thousands: `0,10`, `$1,000.50`. */
export function hasNumberComma(written: string): boolean {
  return /^[^\d\s]{0,2}\d[\d.]*(?:,[\d.]*\d)+$/.test(written);
}

export const COMMA_REMEDY = "write a point before decimals, such as 0.10, and nothing between thousands";

function hasValue(value: unknown): boolean {
  return value !== null && !(isScalar(value) && value.value === null && (value.source ?? "") === "");
}

function findByTag({ warnings }: Document, text: string): Misread[] {
  return warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED").map(({ pos }) => unquoted(text, pos[0]));
}

/** An explanation for an error of the YAML library at that place. */
function findAtError(text: string, position: number): Misread | undefined {
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  const [line = ""] = text.slice(lineStart).split(END_OF_TEXT, 1);
  const match = VARIABLE.exec(line);
  if (match !== null) return variable(text, lineStart + match.index);
  const offset = [position, position - 1].find((at) => at >= 0 && (text[at] ?? "") in MEANINGS);
  return offset === undefined ? undefined : unquoted(text, offset);
}

function unquoted(text: string, offset: number): Misread {
  const written = writtenAt(text, offset);
  const meaning = MEANINGS[written[0] ?? ""] ?? "YAML does not read it as a text";
  const remedy = "if it is a text, put it in quotes";
  if (mayHoldSecret(text, offset, written)) return { offset, what: `this text is not in quotes, and ${meaning}`, remedy };
  return { offset, what: `${JSON.stringify(written)} is not in quotes, and ${meaning}`, remedy: `${remedy}: ${JSON.stringify(written)}` };
}

function variable(text: string, offset: number): Misread {
  const written = writtenAt(text, offset);
  const shown = mayHoldSecret(text, offset, written) ? VARIABLE.exec(text.slice(offset))?.[0] : written;
  return { offset, what: `${JSON.stringify(shown)} looks like a variable, and variables are not replaced in this file`, remedy: `${VARIABLE_REMEDY}; put it in quotes if it is a text` };
}

/** By the text and the last key before it: a text that YAML cannot read has no path. */
function mayHoldSecret(text: string, offset: number, written: string): boolean {
  return mayShowSecret(fromKeyOn(text, offset, offset + written.length));
}

export const VARIABLE_REMEDY = "write the value itself, or give it by a flag or its variable, such as APERTURE_LEDGER_LAKE";

/** The rest of the entry as a reader sees it: up to the end of the line, a comment, or what ends an entry of a list or map in brackets. */
function writtenAt(text: string, offset: number): string {
  const [rest = ""] = text.slice(offset).split(END_OF_TEXT, 1);
  const isInBrackets = /[[{][^\]}]*$/.test(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset));
  const entry = isInBrackets ? (/^(?:\$\{[^{}]*\}|[^,\]}])*/.exec(rest)?.[0] ?? rest) : rest;
  return shorten(entry.trim(), MOST_LETTERS);
}

function offsetOf({ range }: Pick<Node, "range">): number {
  return range?.[0] ?? 0;
}
