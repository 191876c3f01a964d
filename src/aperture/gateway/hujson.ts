import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type ErrorCode, LedgerError } from "../../ledger/errors.ts";
import { refuseDeepNesting } from "../../ledger/text/nesting.ts";
import { type WrittenEntry, writtenObject } from "../../ledger/names/written-map.ts";

/** Parses HuJSON: JSON with comments and trailing commas. `what` names the text in the error, which has the given code. */
export function parseHuJson(text: string, what: string, code: ErrorCode = "gateway_config_invalid"): unknown {
  refuseDeepNesting(text, what, code);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return valueOf(tree);
  throw new LedgerError(code, `${what}: ${printParseErrorCode(first.error)} at ${placeIn(text, first.offset)}`, {
    remedy: "it must be HuJSON: JSON with comments and trailing commas",
  });
}

/** The parsed content of a part of a text; keys keep their order, and duplicate keys are kept. */
export function valueOf(node: Node | undefined): unknown {
  const inside = node?.children ?? [];
  if (node?.type === "array") return inside.map(valueOf);
  if (node?.type === "object") return writtenObject(inside.map(({ children: [key, value] = [] }): WrittenEntry => [String(key?.value), valueOf(value)]));
  return node?.value;
}

/** `line 3, column 7`: both counted from 1. */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Keys and indexes, starting from the outermost value. */
export type HuJsonPath = readonly (string | number)[];

/** The syntax tree of a text, with the position of each value; undefined where the text has no value. */
export function parseHuJsonTree(text: string): Node | undefined {
  return parseTree(text, [], { allowTrailingComma: true });
}

/** The position of the value at a path, or of the nearest existing value around it. */
export function placeFinder(text: string): (path: HuJsonPath) => string {
  const tree = parseHuJsonTree(text);
  return (path) => {
    if (tree === undefined) return placeIn(text, 0);
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(tree, path.slice(0, length));
      if (node !== undefined) return placeIn(text, node.offset);
    }
    return placeIn(text, tree.offset);
  };
}
