export type Side = "request" | "response";

/** `media`: an image, a file or audio; its data is not text and is left out. */
export type PartKind = "text" | "thinking" | "tool call" | "tool result" | "media";

/**
 * Receives the messages of one request and its answer, in the order in which they were recorded. Each message has parts, and each part has texts,
 * which arrive in pieces. What a message or a part is can be recorded after its texts, so the visitor hears it at the end.
 */
export interface ConversationVisitor {
  beginMessage(side: Side): void;
  beginPart(): void;
  /** @param label name of the argument, where the text is an argument of a tool. */
  beginText(label: string | undefined): void;
  text(piece: string): void;
  endText(): void;
  /** @param name of the tool. */
  endPart(kind: PartKind, name: string | undefined): void;
  /**
   * @param role as recorded (`user`, `assistant`, `tool`), with `system` for instructions of any kind, `tools` for definitions of tools, `error` for an
   * error in an answer, `tool use` for the calls that the gateway recorded beside the bodies, and `settings` for everything else that a body contains.
   */
  endMessage(role: string): void;
}

/** Receives the tokens of a body in order, whether it was recorded as CBOR or as JSON. A text arrives in pieces. */
export interface TokenVisitor {
  open(container: "map" | "list"): void;
  close(): void;
  /** Empty for a key that is not a text, or is too long for a name. */
  key(name: string): void;
  beginText(): void;
  piece(text: string): void;
  endText(): void;
  /** A number, a boolean or null, as JSON writes it. */
  scalar(text: string): void;
  /** Called once, after the last token. */
  finish(): void;
}
