import { ARGUMENTS, JSON_TEXTS, kindOf, MESSAGES, OWN_CONTENT, PARTS, roleOf, SILENT, TOOL_USE_DATA } from "./body-words.ts";
import type { ConversationVisitor, PartKind, Side, TokenVisitor } from "./conversation.ts";
import { JsonEscapes } from "./json-escapes.ts";

/** An open container. `name`: the key that it, or the list that it is in, is the value of. */
interface Frame {
  isList: boolean;
  name: string;
  key: string;
}

/** `level`: number of containers around it. `kind`: what all of it is. `first`: what its first part is. */
interface OpenMessage {
  level: number;
  role: string | undefined;
  kind: PartKind | undefined;
  first: PartKind | undefined;
}

interface OpenPart {
  /** Undefined for the texts of a message that has no list of parts. */
  level: number | undefined;
  kind: PartKind | undefined;
  hint: PartKind | undefined;
  name: string | undefined;
}

/** Texts of the members `role`, `type` and `name` are kept and not passed on. */
type Word = "role" | "type" | "name";
const LONGEST_WORD = 200;
/** How many containers inside a message, or a part of it, each may stand. */
const WITHIN: Readonly<Record<Word, number>> = { role: 3, type: 1, name: 2 };
/** Members that hold a link, or data instead of one. */
const LINKS: ReadonlySet<string> = new Set(["url", "image_url", "file_data", "file_url"]);
const DATA_LINK = "data:";
/** Containers of bodies; texts in deeper ones are left out. */
const MOST_DEPTH = 1000;

/**
 * Finds messages and their parts in the body of a request or an answer of any provider whose API is known: Anthropic Messages, OpenAI Chat Completions
 * and Responses, Gemini, Bedrock Converse. In bodies of other forms everything is a message with the role `settings`.
 */
export class MessageTokens implements TokenVisitor {
  readonly #side: Side;
  readonly #visitor: ConversationVisitor;
  readonly #frames: Frame[] = [];
  #deeper = 0;
  #message: OpenMessage | undefined;
  #part: OpenPart | undefined;
  /** Number of containers around the arguments of a tool, inside them. */
  #argumentsLevel: number | undefined;
  #reading: Word | "text" | "nothing" = "nothing";
  #word = "";
  #escapes: JsonEscapes | undefined;
  /** The beginning of a link, which may turn out to be data. */
  #link: string | undefined;

  constructor(side: Side, visitor: ConversationVisitor) {
    this.#side = side;
    this.#visitor = visitor;
  }

  open(container: "map" | "list"): void {
    if (this.#frames.length === MOST_DEPTH) {
      this.#deeper++;
      return;
    }
    const name = this.#name();
    this.#beginValue(name, container);
    const level = this.#frames.length;
    this.#frames.push({ isList: container === "list", name, key: "" });
    if (this.#argumentsLevel === undefined && this.#message !== undefined && container === "map" && level > this.#message.level && ARGUMENTS.has(name)) this.#argumentsLevel = level;
  }

  close(): void {
    if (this.#deeper > 0) {
      this.#deeper--;
      return;
    }
    this.#frames.pop();
    const level = this.#frames.length;
    if (this.#argumentsLevel === level) this.#argumentsLevel = undefined;
    if (this.#part?.level === level) this.#endPart();
    if (this.#message?.level === level) this.#endMessage();
  }

  key(name: string): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || this.#deeper > 0) return;
    frame.key = name;
    if (this.#part !== undefined && this.#part.level === this.#frames.length - 1) this.#part.hint ??= name === "type" ? undefined : kindOfContent(name);
  }

  beginText(): void {
    const name = this.#name();
    this.#beginValue(name, "text");
    this.#word = "";
    this.#link = LINKS.has(name) ? "" : undefined;
    this.#reading = this.#readingOf(name);
    if (this.#reading !== "text") return;
    if (this.#part === undefined) this.#beginPart(undefined);
    this.#escapes = JSON_TEXTS.has(name) ? new JsonEscapes() : undefined;
    this.#visitor.beginText(this.#argumentsLevel === undefined || name === "" ? undefined : name);
  }

  piece(text: string): void {
    if (this.#reading === "text") this.#tell(text);
    else if (this.#reading !== "nothing" && this.#word.length < LONGEST_WORD) this.#word += text;
  }

  endText(): void {
    this.#endText();
    if (this.#message?.level === this.#frames.length) this.#endMessage();
  }

  scalar(text: string): void {
    if (this.#argumentsLevel === undefined || this.#part === undefined || text === "null") return;
    this.#visitor.beginText(this.#name() || undefined);
    this.#visitor.text(text);
    this.#visitor.endText();
  }

  finish(): void {
    this.#endMessage();
  }

  /** The key, or the key of the list, that the next value belongs to. */
  #name(): string {
    const frame = this.#frames.at(-1);
    return frame === undefined ? "" : frame.isList ? frame.name : frame.key;
  }

  #beginValue(name: string, value: "map" | "list" | "text"): void {
    const level = this.#frames.length;
    const parent = this.#frames.at(-1);
    if (this.#message === undefined) {
      this.#beginMessage(name, value, level, parent);
      return;
    }
    const isPart = value === "map" && parent?.isList === true && PARTS.has(name) && this.#part?.level === undefined && level > this.#message.level;
    if (isPart) this.#beginPart(level);
  }

  #beginMessage(name: string, value: "map" | "list" | "text", level: number, parent: Frame | undefined): void {
    if (level === 0) {
      if (value === "text") this.#openMessage(level, undefined);
      return;
    }
    if (level === 2 && parent?.isList === true && MESSAGES.get(name) === null) return this.#openMessage(level, undefined);
    if (level !== 1) return;
    const role = MESSAGES.get(name);
    if (role === null) {
      if (value !== "list") this.#openMessage(level, undefined);
    } else if (role !== undefined) this.#openMessage(level, role);
    else if (this.#side === "response" && OWN_CONTENT.has(name)) this.#openMessage(level, undefined);
    else if (!SILENT.has(name) && name !== "type" && name !== "role") this.#openMessage(level, "settings");
  }

  #openMessage(level: number, role: string | undefined): void {
    this.#message = { level, role, kind: undefined, first: undefined };
    this.#visitor.beginMessage(this.#side);
  }

  #beginPart(level: number | undefined): void {
    if (this.#part !== undefined) this.#endPart();
    this.#part = { level, kind: undefined, hint: undefined, name: undefined };
    this.#visitor.beginPart();
  }

  #endPart(): void {
    if (this.#part === undefined) return;
    const { kind, hint, name, level } = this.#part;
    this.#part = undefined;
    const found = this.#message?.kind === "thinking" ? "thinking" : kind ?? hint ?? (level === undefined ? this.#message?.kind : undefined) ?? (name !== undefined && this.#message?.role !== "tools" ? "tool call" : "text");
    if (this.#message !== undefined) this.#message.first ??= found;
    this.#visitor.endPart(found, name);
  }

  #endMessage(): void {
    if (this.#message === undefined) return;
    this.#endText();
    this.#endPart();
    const { role, kind, first } = this.#message;
    this.#message = undefined;
    this.#argumentsLevel = undefined;
    this.#visitor.endMessage(role ?? this.#defaultRole(kind ?? first));
  }

  #defaultRole(kind: PartKind | undefined): string {
    if (kind === "tool result" && this.#side === "request") return "tool";
    return this.#side === "response" || kind === "tool call" || kind === "thinking" ? "assistant" : "user";
  }

  #readingOf(name: string): Word | "text" | "nothing" {
    if (this.#message === undefined || this.#deeper > 0) return "nothing";
    if (this.#argumentsLevel !== undefined) return "text";
    if (SILENT.has(name)) return "nothing";
    const isWord = (name === "role" || name === "type" || name === "name") && this.#frames.at(-1)?.isList === false;
    const within = this.#frames.length - (this.#part?.level ?? this.#message.level);
    if (!isWord || within === 0) return "text";
    return within <= WITHIN[name] ? name : "nothing";
  }

  #keep(word: Word, value: string): void {
    const message = this.#message;
    if (message === undefined) return;
    const isOwnOfPart = this.#part?.level !== undefined;
    if (word === "role") message.role ??= roleOf(value);
    else if (word === "type") {
      const kind = kindOf(value);
      if (isOwnOfPart && this.#part !== undefined) this.#part.kind ??= kind;
      else if (!isOwnOfPart) message.kind ??= kind;
    } else {
      if (this.#part === undefined) this.#beginPart(undefined);
      if (this.#part !== undefined) this.#part.name ??= value;
    }
  }

  #tell(text: string): void {
    if (this.#link === undefined) return this.#visitor.text(this.#escapes?.decode(text) ?? text);
    this.#link += text;
    if (this.#link.length < DATA_LINK.length) return undefined;
    const isData = this.#link.startsWith(DATA_LINK);
    this.#visitor.text(isData ? "(data)" : this.#link);
    this.#link = undefined;
    if (!isData) return undefined;
    this.#visitor.endText();
    this.#reading = "nothing";
    return undefined;
  }

  #endText(): void {
    if (this.#reading === "text") {
      if (this.#link !== undefined && this.#link !== "") this.#visitor.text(this.#link);
      this.#visitor.endText();
    } else if (this.#reading !== "nothing") this.#keep(this.#reading, this.#word.slice(0, LONGEST_WORD));
    this.#reading = "nothing";
  }
}

/** Content whose key alone tells what its part is. */
function kindOfContent(key: string): PartKind | undefined {
  return key === TOOL_USE_DATA || key === "text" || key === "content" ? undefined : kindOf(key);
}
