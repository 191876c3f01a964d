import { RE2JS } from "re2js";
import type { Criterion } from "../chain/event.ts";
import { requireNonEmpty } from "../require-non-empty.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { matchName } from "../../ledger/names/written-name.ts";
import { LONGEST_PATTERN } from "../../ledger/text/pattern-taker.ts";
import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { rememberMisses } from "./remember-misses.ts";

/** Criteria as a user writes them. */
export interface WrittenCriteria {
  text?: string;
  regex?: string;
  tool?: string;
  model?: string;
  status?: string;
}

/** Finds the first match in a text. */
export type FindText = (text: string) => { at: number } | undefined;

export interface SearchCriteria {
  /** Undefined if only records are selected, whatever is said in them. */
  find: FindText | undefined;
  /** Whether a record may match, by what is recorded about it. */
  matches: (request: RecordedRequest) => boolean;
  /** Whether a tool is the wanted one. */
  isTool: ((name: string) => boolean) | undefined;
  /** What was written. */
  written: ReadonlyMap<Criterion, string>;
}

/** Longest text to look for: matches may lie across two sections of a long text. */
const LONGEST_TEXT = 1000;

/** Throws `usage` if there is no criterion, or for one that cannot be used. */
export function parseCriteria({ text, regex, tool, model, status }: WrittenCriteria): SearchCriteria {
  const written = new Map<Criterion, string>();
  const flags = { text, regex, tool, model, status };
  for (const name of ["text", "regex", "tool", "model", "status"] as const) {
    const value = requireNonEmpty(`--${name}`, flags[name]);
    if (value !== undefined) written.set(name, value);
  }
  if (written.size === 0) throw mistake("nothing to look for is given", "give at least one of --text, --regex, --tool, --model, --status");
  if (text !== undefined && regex !== undefined) throw mistake("--text and --regex are both given", "give one of them");
  const isTool = tool === undefined ? undefined : matchName(tool);
  const isModel = model === undefined ? undefined : matchName(model);
  const isStatus = status === undefined ? undefined : statusMatcher(status);
  return {
    find: text !== undefined ? findLiteral(text) : regex === undefined ? undefined : findPattern(regex),
    matches: (request) => (isModel === undefined || isModel(request.model) || isModel(withoutProvider(request.model))) && (isStatus?.(request.statusCode) ?? true) && (isTool === undefined || toolNames(request).some(isTool)),
    isTool,
    written,
  };
}

/** Names of the tools that a record calls: `create_issue` and `mcp__github__create_issue` are the same tool. */
export function toolNames({ tools }: Pick<RecordedRequest, "tools">): string[] {
  return tools.flatMap(({ server, tool }) => (server === null ? [tool] : [`mcp__${server}__${tool}`, tool]));
}

/** `claude-*` means the model of any provider, as `anthropic/claude-*` means the one of this provider. */
function withoutProvider(model: string): string {
  return model.slice(model.indexOf("/") + 1);
}

function findLiteral(text: string): FindText {
  if (text.length > LONGEST_TEXT) throw mistake(`--text has ${String(text.length)} characters`, `use at most ${String(LONGEST_TEXT)}`);
  const expression = new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), "iu");
  return (searched) => {
    const match = expression.exec(searched);
    return match === null ? undefined : { at: match.index };
  };
}

function findPattern(regex: string): FindText {
  if (regex.length > LONGEST_PATTERN) throw mistake(`--regex has ${String(regex.length)} characters`, `use at most ${String(LONGEST_PATTERN)}`);
  const compiled = compile(regex);
  const find: FindText = (searched) => {
    const matcher = compiled.matcher(searched);
    return matcher.find() ? { at: matcher.start() } : undefined;
  };
  if (find("") !== undefined) throw mistake(`--regex ${JSON.stringify(regex)} matches the empty text, and so every text`, "write what the text must contain");
  return rememberMisses(find);
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (cause) {
    throw mistake(`--regex ${JSON.stringify(regex)} is not a pattern: ${messageOf(cause)}`, "write it in the syntax of RE2, which has neither backreferences nor lookaround");
  }
}

/** `429`, or a class such as `4xx`. */
function statusMatcher(status: string): (code: number) => boolean {
  const [, only, hundreds] = /^(?:([1-9]\d\d)|([1-9])xx)$/i.exec(status) ?? [];
  if (only !== undefined) return (code) => code === Number(only);
  if (hundreds !== undefined) return (code) => Math.floor(code / 100) === Number(hundreds);
  throw mistake(`--status ${JSON.stringify(status)} is not a status`, "write 429, or 4xx for all from 400 to 499");
}

function mistake(message: string, remedy: string): LedgerError {
  return new LedgerError("usage", message, { remedy });
}
