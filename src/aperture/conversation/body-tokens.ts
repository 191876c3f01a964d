import type { ConversationVisitor, Side, TokenVisitor } from "./conversation.ts";
import { MessageTokens } from "./message-tokens.ts";
import { StreamTokens } from "./stream-tokens.ts";

/** Reads one body as what its first token shows it to be: a list is the list of a stream's events, anything else is a whole body. */
export class BodyTokens implements TokenVisitor {
  readonly #side: Side;
  readonly #visitor: ConversationVisitor;
  #reader: TokenVisitor | undefined;

  constructor(side: Side, visitor: ConversationVisitor) {
    this.#side = side;
    this.#visitor = visitor;
  }

  open(container: "map" | "list"): void {
    this.#reader ??= container === "list" && this.#side === "response" ? new StreamTokens(this.#visitor) : this.#whole();
    this.#reader.open(container);
  }

  close(): void {
    this.#reader?.close();
  }

  key(name: string): void {
    this.#reader?.key(name);
  }

  beginText(): void {
    this.#reader ??= this.#whole();
    this.#reader.beginText();
  }

  piece(text: string): void {
    this.#reader?.piece(text);
  }

  endText(): void {
    this.#reader?.endText();
  }

  scalar(text: string): void {
    this.#reader?.scalar(text);
  }

  finish(): void {
    this.#reader?.finish();
  }

  #whole(): TokenVisitor {
    return new MessageTokens(this.#side, this.#visitor);
  }
}
