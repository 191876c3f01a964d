import { StringDecoder } from "node:string_decoder";
import { type ItemVisitor, ItemWalker } from "../reader/cbor/item-walker.ts";
import { BodyTokens } from "./body-tokens.ts";
import { TOOL_USE_DATA } from "./body-words.ts";
import type { ConversationVisitor, Side, TokenVisitor } from "./conversation.ts";
import { RawBody } from "./raw-body.ts";

/** The fields of a capture that hold a conversation. `parsed`: another field with the same content. */
const BODIES: ReadonlyMap<string, { side: Side; parsed?: string }> = new Map<string, { side: Side; parsed?: string }>([
  ["requestBody", { side: "request" }],
  ["responseBody", { side: "response" }],
  ["rawRequestBody", { side: "request", parsed: "requestBody" }],
  ["rawResponseBody", { side: "response", parsed: "responseBody" }],
  [TOOL_USE_DATA, { side: "response" }],
]);
/** Bytes that are decoded at once: texts of this size are young garbage, and larger ones would pile up until the next full collection. */
const STEP = 1 << 14;
const RECORD_LEVEL = 1;
const CAPTURE_LEVEL = 2;

export interface ConversationReading {
  /** Whether anything was said: settings alone are no conversation. */
  isAny: boolean;
  /** Number of bodies that could not be read: too large a compressed body, or a damaged one. */
  unread: number;
}

/**
 * Reads the conversation of one record while its bytes arrive, in bounded memory: what the client sent, and what the provider answered, as they were
 * parsed by the gateway or as they went over the wire.
 */
export class ConversationReader implements ItemVisitor {
  readonly #walker = new ItemWalker(this);
  readonly #visitor: ConversationVisitor;
  #level = 0;
  #isInCapture = false;
  #field = "";
  readonly #parsed = new Set<string>();
  #tokens: TokenVisitor | undefined;
  #raw: RawBody | undefined;
  #decoder = new StringDecoder("utf8");
  #isText = false;
  #hasText = false;
  readonly #reading: ConversationReading = { isAny: false, unread: 0 };

  constructor(visitor: ConversationVisitor) {
    this.#visitor = {
      beginMessage: (side) => {
        this.#hasText = false;
        visitor.beginMessage(side);
      },
      beginPart: () => visitor.beginPart(),
      beginText: (label) => visitor.beginText(label),
      text: (piece) => {
        this.#hasText = true;
        visitor.text(piece);
      },
      endText: () => visitor.endText(),
      endPart: (kind, name) => visitor.endPart(kind, name),
      endMessage: (role) => {
        this.#reading.isAny ||= this.#hasText && role !== "settings";
        visitor.endMessage(role);
      },
    };
  }

  /** @param bytes of the record, in order. The caller may reuse the memory when this returns. */
  push(bytes: Buffer): void {
    this.#walker.push(bytes);
  }

  finish(): ConversationReading {
    return this.#reading;
  }

  open(container: "map" | "list"): void {
    if (this.#tokens === undefined && this.#level === CAPTURE_LEVEL) this.#beginBody();
    this.#tokens?.open(container);
    this.#level++;
  }

  close(): void {
    this.#level--;
    this.#tokens?.close();
    if (this.#level === CAPTURE_LEVEL) this.#endBody();
  }

  key(name: string): void {
    if (this.#level === RECORD_LEVEL) this.#isInCapture = name === "capture";
    else if (this.#level === CAPTURE_LEVEL) this.#field = name;
    this.#tokens?.key(name);
  }

  beginString(type: "text" | "bytes"): void {
    const body = this.#level === CAPTURE_LEVEL ? this.#bodyOf() : undefined;
    if (body !== undefined) this.#raw = new RawBody(body.side, this.#visitor);
    this.#isText = type === "text" && this.#tokens !== undefined;
    if (this.#isText) this.#tokens?.beginText();
  }

  piece(bytes: Buffer): void {
    if (this.#raw === undefined && !this.#isText) return;
    for (let from = 0; from < bytes.length; from += STEP) {
      const step = bytes.subarray(from, from + STEP);
      this.#raw?.push(step);
      if (this.#isText) this.#tokens?.piece(this.#decoder.write(step));
    }
  }

  endString(): void {
    if (this.#raw?.finish() === false) this.#reading.unread++;
    this.#raw = undefined;
    if (!this.#isText) return;
    const rest = this.#decoder.end();
    if (rest !== "") this.#tokens?.piece(rest);
    this.#tokens?.endText();
    this.#isText = false;
  }

  scalar(text: string): void {
    this.#tokens?.scalar(text);
  }

  /** The body that the next value of the capture is; undefined for other fields, and for a body that was read in its parsed form. */
  #bodyOf(): { side: Side } | undefined {
    const body = this.#isInCapture ? BODIES.get(this.#field) : undefined;
    return body?.parsed !== undefined && this.#parsed.has(body.parsed) ? undefined : body;
  }

  #beginBody(): void {
    const body = this.#bodyOf();
    if (body === undefined) return;
    this.#parsed.add(this.#field);
    this.#tokens = new BodyTokens(body.side, this.#visitor);
    if (this.#field !== TOOL_USE_DATA) return;
    // The list is the content of an answer.
    this.#tokens.open("map");
    this.#tokens.key(TOOL_USE_DATA);
  }

  #endBody(): void {
    if (this.#field === TOOL_USE_DATA) this.#tokens?.close();
    this.#tokens?.finish();
    this.#tokens = undefined;
  }
}
