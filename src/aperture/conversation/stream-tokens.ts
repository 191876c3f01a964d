import type { ConversationVisitor, PartKind, TokenVisitor } from "./conversation.ts";
import { JsonEscapes } from "./json-escapes.ts";

/** Texts in the events of a streamed answer that make up its parts, by the names of the members that lead to them. */
const DELTAS: ReadonlyMap<string, PartKind> = new Map<string, PartKind>([
  // Anthropic Messages, and Bedrock Converse
  ["content_block.text", "text"],
  ["delta.text", "text"],
  ["delta.thinking", "thinking"],
  ["delta.partial_json", "tool call"],
  ["contentBlockDelta.delta.text", "text"],
  ["contentBlockDelta.delta.toolUse.input", "tool call"],
  // OpenAI Chat Completions, and servers that speak like it
  ["choices.delta.content", "text"],
  ["choices.delta.refusal", "text"],
  ["choices.delta.reasoning_content", "thinking"],
  ["choices.delta.reasoning", "thinking"],
  ["choices.delta.tool_calls.function.arguments", "tool call"],
  ["choices.text", "text"],
  // OpenAI Responses; the events at the end of a text repeat it
  ["delta", "text"],
  // Gemini
  ["candidates.content.parts.text", "text"],
  ["error.message", "text"],
]);
/** Names of tools that are called: a call begins with each. */
const NAMES: ReadonlySet<string> = new Set(["content_block.name", "contentBlockStart.start.toolUse.name", "choices.delta.tool_calls.function.name", "item.name", "candidates.content.parts.functionCall.name"]);
/** With each of these another part begins. */
const BEGINNINGS: ReadonlySet<string> = new Set(["content_block.type", "item.type"]);
/** The type of an OpenAI event says what its `delta` belongs to. */
const TYPE = "type";
const MOST_DEPTH = 64;
const LONGEST_WORD = 200;

/** Puts an answer together from the events of a stream, each of them a document of its own: deltas of one part become one text. */
export class StreamTokens implements TokenVisitor {
  readonly #visitor: ConversationVisitor;
  /** For each open container the name that leads to it; undefined for a list. */
  readonly #names: (string | undefined)[] = [];
  #deeper = 0;
  #isTold = false;
  #part: { kind: PartKind; name: string | undefined } | undefined;
  #reading: PartKind | "name" | "type" | "nothing" = "nothing";
  #word = "";
  #type = "";
  #escapes = new JsonEscapes();

  constructor(visitor: ConversationVisitor) {
    this.#visitor = visitor;
  }

  open(container: "map" | "list"): void {
    if (this.#names.length === MOST_DEPTH) {
      this.#deeper++;
      return;
    }
    if (this.#names.length === 0) this.#type = "";
    this.#names.push(container === "list" ? undefined : "");
  }

  close(): void {
    if (this.#deeper > 0) this.#deeper--;
    else this.#names.pop();
  }

  key(name: string): void {
    if (this.#deeper === 0 && this.#names.length > 0) this.#names[this.#names.length - 1] = name;
  }

  beginText(): void {
    this.#word = "";
    this.#reading = this.#readingOf(this.#path());
  }

  piece(text: string): void {
    const reading = this.#reading;
    if (reading === "nothing") return;
    if (reading !== "name" && reading !== "type") this.#tell(reading, text);
    else if (this.#word.length < LONGEST_WORD) this.#word += text;
  }

  endText(): void {
    if (this.#reading === "name") this.#beginPart("tool call", this.#word.slice(0, LONGEST_WORD));
    if (this.#reading === "type") this.#type = this.#word;
    this.#reading = "nothing";
  }

  scalar(): void {
    // Indexes, counts and marks of ends are not part of what was said.
  }

  finish(): void {
    this.#endPart();
    if (this.#isTold) this.#visitor.endMessage("assistant");
    this.#isTold = false;
  }

  #path(): string {
    return this.#deeper > 0 ? "" : this.#names.filter((name) => name !== undefined).join(".");
  }

  #readingOf(path: string): PartKind | "name" | "type" | "nothing" {
    if (path === TYPE) return "type";
    if (BEGINNINGS.has(path)) this.#endPart();
    if (NAMES.has(path)) return "name";
    const kind = DELTAS.get(path);
    if (kind === undefined || path !== "delta") return kind ?? "nothing";
    if (this.#type.includes("audio")) return "nothing";
    return /arguments|input/.test(this.#type) ? "tool call" : this.#type.includes("reasoning") ? "thinking" : "text";
  }

  #tell(kind: PartKind, text: string): void {
    if (this.#part?.kind !== kind) this.#beginPart(kind, undefined);
    this.#visitor.text(kind === "tool call" ? this.#escapes.decode(text) : text);
  }

  #beginPart(kind: PartKind, name: string | undefined): void {
    this.#endPart();
    if (!this.#isTold) this.#visitor.beginMessage("response");
    this.#isTold = true;
    this.#part = { kind, name };
    this.#escapes = new JsonEscapes();
    this.#visitor.beginPart();
    this.#visitor.beginText(undefined);
  }

  #endPart(): void {
    if (this.#part === undefined) return;
    this.#visitor.endText();
    this.#visitor.endPart(this.#part.kind, this.#part.name);
    this.#part = undefined;
  }
}
