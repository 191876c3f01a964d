import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import type { ConversationVisitor, PartKind, Side } from "../../aperture/conversation/conversation.ts";

/** Longest text of a part that is shown; the records as NDJSON have all of it. */
const LONGEST_PART = 1 << 18;
const LONGEST_MESSAGE = 1 << 20;

/** `cut`: number of characters that were left out at the end. */
const readPart = z.object({ kind: z.enum(["text", "thinking", "tool call", "tool result", "media"]), tool: z.string().nullable(), text: z.string(), cut: z.number() });
export const readParts = z.array(readPart);
export type ReadPart = z.infer<typeof readPart>;

export interface ReadMessage {
  side: Side;
  role: string;
  parts: ReadPart[];
  /** Equal for messages that say the same: an answer, and the same answer in the history of a later request. */
  identity: string;
}

/** Collects the messages of one record, in bounded memory for each of them. */
export class MessageCollector implements ConversationVisitor {
  readonly #take: (message: ReadMessage) => void;
  #side: Side = "request";
  #parts: ReadPart[] = [];
  #length = 0;
  #identity: Hash = createHash("sha256");
  #texts: string[] = [];
  #hash: Hash = createHash("sha256");
  #bare: Hash = createHash("sha256");
  #partLength = 0;
  #cut = 0;

  constructor(take: (message: ReadMessage) => void) {
    this.#take = take;
  }

  beginMessage(side: Side): void {
    this.#side = side;
    this.#parts = [];
    this.#length = 0;
    this.#identity = createHash("sha256");
  }

  beginPart(): void {
    this.#texts = [];
    this.#partLength = 0;
    this.#cut = 0;
    this.#hash = createHash("sha256");
    this.#bare = createHash("sha256");
  }

  beginText(label: string | undefined): void {
    if (this.#texts.length > 0) this.#keep("\n");
    if (label !== undefined) this.text(`${label}: `);
  }

  text(piece: string): void {
    this.#hash.update(piece);
    this.#bare.update(piece.replaceAll(/[^\p{L}\p{N}]+/gu, ""));
    this.#keep(piece);
  }

  endText(): void {
    this.#hash.update("\n");
  }

  endPart(kind: PartKind, name: string | undefined): void {
    // A client may send an answer back without its thoughts, and with the arguments of a tool as JSON or as a map.
    if (kind !== "thinking") this.#identity.update(`${kind} ${name ?? ""} ${(kind === "tool call" ? this.#bare : this.#hash).digest("hex")}`);
    this.#parts.push({ kind, tool: name ?? null, text: this.#texts.join(""), cut: this.#cut });
  }

  endMessage(role: string): void {
    if (role === "settings" || role === "tools" || this.#parts.length === 0) return;
    this.#take({ side: this.#side, role, parts: this.#parts, identity: this.#identity.update(role).digest("base64") });
  }

  #keep(piece: string): void {
    const room = Math.max(0, Math.min(LONGEST_PART - this.#partLength, LONGEST_MESSAGE - this.#length));
    const kept = piece.slice(0, room);
    this.#cut += piece.length - kept.length;
    if (kept === "") return;
    this.#texts.push(kept);
    this.#partLength += kept.length;
    this.#length += kept.length;
  }
}
