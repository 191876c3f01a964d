import type { ConversationVisitor, PartKind, Side } from "../../aperture/conversation/conversation.ts";
import type { FindText } from "./search-criteria.ts";
import { TextSearch } from "./text-search.ts";

/** Where something was found in a conversation. */
export interface HitPlace {
  side: Side;
  /** Number of the message within its side, from 1. */
  message: number;
  role: string;
  kind: PartKind;
  /** Name of the tool that was called or answered. */
  tool: string | null;
}

export interface FoundText {
  place: HitPlace;
  snippet: string;
}

/** Finds texts in the messages of one record: of each text the first match. */
export class ConversationSearch implements ConversationVisitor {
  readonly #search: TextSearch;
  readonly #found: (found: FoundText) => void;
  readonly #messages: Record<Side, number> = { request: 0, response: 0 };
  #side: Side = "request";
  #snippets: string[] = [];
  #parts: { kind: PartKind; tool: string | null; snippets: string[] }[] = [];
  #isEmpty = true;

  constructor(find: FindText, found: (found: FoundText) => void) {
    this.#search = new TextSearch(find);
    this.#found = found;
  }

  beginMessage(side: Side): void {
    this.#side = side;
    this.#parts = [];
    this.#isEmpty = true;
  }

  beginPart(): void {
    this.#snippets = [];
    this.#isEmpty = false;
  }

  beginText(): void {
    this.#search.begin();
  }

  text(piece: string): void {
    this.#search.push(piece);
  }

  endText(): void {
    const snippet = this.#search.end();
    if (snippet !== undefined) this.#snippets.push(snippet);
  }

  endPart(kind: PartKind, name: string | undefined): void {
    if (this.#snippets.length > 0) this.#parts.push({ kind, tool: name ?? null, snippets: this.#snippets });
  }

  endMessage(role: string): void {
    if (role !== "settings" && role !== "tools" && !this.#isEmpty) this.#messages[this.#side]++;
    const message = this.#messages[this.#side];
    for (const { kind, tool, snippets } of this.#parts) {
      for (const snippet of snippets) this.#found({ place: { side: this.#side, message, role, kind, tool }, snippet });
    }
  }
}
