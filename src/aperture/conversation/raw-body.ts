import { StringDecoder } from "node:string_decoder";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { BodyTokens } from "./body-tokens.ts";
import type { ConversationVisitor, Side, TokenVisitor } from "./conversation.ts";
import { JsonTokens } from "./json-tokens.ts";
import { StreamTokens } from "./stream-tokens.ts";

/** A compressed body is held in memory: larger ones, and such with more content, are not read. */
const MOST_COMPRESSED_BYTES = 8 << 20;
const MOST_CONTENT_BYTES = 32 << 20;
/** Enough to recognise every form. */
const FIRST_BYTES = 8;
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const ZLIB_LEVELS: readonly number[] = [0x01, 0x5e, 0x9c, 0xda];
const LINE_FEED = 0x0a;
const LONGEST_FIELD = 16;

type Compression = "gzip" | "zstd" | "zlib" | "brotli";
type Form = "json" | "events" | "text" | Compression;

/** Reads a body as it went over the wire: JSON, a stream of server-sent events, either of them compressed, or plain text. */
export class RawBody {
  readonly #side: Side;
  readonly #visitor: ConversationVisitor;
  #first: Buffer | undefined = Buffer.alloc(0);
  #reader: { push(bytes: Buffer): void; finish(): void } | undefined;
  #compressed: { how: Compression; pieces: Buffer[]; length: number } | undefined;

  constructor(side: Side, visitor: ConversationVisitor) {
    this.#side = side;
    this.#visitor = visitor;
  }

  /** The caller may reuse the memory when this returns. */
  push(bytes: Buffer): void {
    if (this.#first === undefined) return this.#pass(bytes);
    this.#first = Buffer.concat([this.#first, bytes]);
    if (this.#first.length >= FIRST_BYTES) this.#begin(this.#first);
    return undefined;
  }

  /** Returns false where the body could not be read: too large, or damaged. */
  finish(): boolean {
    if (this.#first !== undefined && this.#first.length > 0) this.#begin(this.#first);
    this.#reader?.finish();
    return this.#compressed === undefined || this.#decompress(this.#compressed);
  }

  #begin(first: Buffer): void {
    this.#first = undefined;
    const form = formOf(first);
    if (form === "json") this.#reader = new WholeJson(new BodyTokens(this.#side, this.#visitor));
    else if (form === "events") this.#reader = new EventStream(new StreamTokens(this.#visitor));
    else if (form === "text") this.#reader = new PlainText(new BodyTokens(this.#side, this.#visitor));
    else this.#compressed = { how: form, pieces: [], length: 0 };
    this.#pass(first);
  }

  #pass(bytes: Buffer): void {
    this.#reader?.push(bytes);
    if (this.#compressed === undefined) return;
    this.#compressed.length += bytes.length;
    if (this.#compressed.length > MOST_COMPRESSED_BYTES) this.#compressed.pieces = [];
    else this.#compressed.pieces.push(Buffer.from(bytes));
  }

  #decompress({ how, pieces, length }: { how: Compression; pieces: readonly Buffer[]; length: number }): boolean {
    if (length > MOST_COMPRESSED_BYTES) return false;
    const content = decompress(how, Buffer.concat(pieces));
    if (content === undefined || !["json", "events", "text"].includes(formOf(content))) return false;
    const inner = new RawBody(this.#side, this.#visitor);
    inner.push(content);
    return inner.finish();
  }
}

function decompress(how: Compression, bytes: Buffer): Buffer | undefined {
  const limits = { maxOutputLength: MOST_CONTENT_BYTES };
  try {
    if (how === "gzip") return gunzipSync(bytes, limits);
    if (how === "zstd") return zstdDecompressSync(bytes, limits);
    return how === "zlib" ? inflateSync(bytes, limits) : brotliDecompressSync(bytes, limits);
  } catch {
    return undefined;
  }
}

function formOf(bytes: Buffer): Form {
  const first = bytes.subarray(0, FIRST_BYTES);
  if (first[0] === 0x1f && first[1] === 0x8b) return "gzip";
  if (first.subarray(0, ZSTD.length).equals(ZSTD)) return "zstd";
  if (first[0] === 0x78 && ZLIB_LEVELS.includes(first[1] ?? 0)) return "zlib";
  const sign = first.toString("latin1").replace(/^\u00EF\u00BB\u00BF/, "").trimStart();
  if (/^[[{"]/.test(sign) || sign === "") return "json";
  if (/^(?:data:|event:|id:|retry:|:)/.test(sign)) return "events";
  // Brotli has no mark of its own; no text begins with such bytes.
  return first.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b)) || ((first[0] ?? 0) & 0xc0) === 0x80 ? "brotli" : "text";
}

class WholeJson {
  readonly #json: JsonTokens;
  readonly #tokens: TokenVisitor;

  constructor(tokens: TokenVisitor) {
    this.#tokens = tokens;
    this.#json = new JsonTokens(tokens);
  }

  push(bytes: Buffer): void {
    this.#json.push(bytes);
  }

  finish(): void {
    this.#json.finish();
    this.#tokens.finish();
  }
}

class PlainText {
  readonly #tokens: TokenVisitor;
  readonly #decoder = new StringDecoder("utf8");

  constructor(tokens: TokenVisitor) {
    this.#tokens = tokens;
    tokens.beginText();
  }

  push(bytes: Buffer): void {
    this.#tokens.piece(this.#decoder.write(bytes));
  }

  finish(): void {
    this.#tokens.piece(this.#decoder.end());
    this.#tokens.endText();
    this.#tokens.finish();
  }
}

/** Server-sent events: the `data` of each is a document; the lines of one event's data belong together. */
class EventStream {
  readonly #tokens: TokenVisitor;
  readonly #json: JsonTokens;
  /** The beginning of the line until its field is known, then whether it is data. */
  #field: string | boolean = "";
  #isEmptyLine = true;

  constructor(tokens: TokenVisitor) {
    this.#tokens = tokens;
    this.#json = new JsonTokens(tokens);
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (typeof this.#field === "string") {
        at = this.#readField(bytes, at, this.#field);
        continue;
      }
      const end = bytes.indexOf(LINE_FEED, at);
      if (this.#field) this.#json.push(bytes.subarray(at, end < 0 ? bytes.length : end));
      at = end < 0 ? bytes.length : this.#endLine(end);
    }
  }

  finish(): void {
    this.#json.finish();
    this.#tokens.finish();
  }

  #readField(bytes: Buffer, at: number, begun: string): number {
    const byte = bytes[at] ?? 0;
    if (byte === LINE_FEED) return this.#endLine(at);
    const letter = String.fromCharCode(byte);
    if (letter !== "\r") this.#isEmptyLine = false;
    const field = begun + letter;
    this.#field = letter === ":" || field.length > LONGEST_FIELD ? field === "data:" : field;
    return at + 1;
  }

  #endLine(at: number): number {
    if (this.#isEmptyLine) this.#json.finish();
    this.#isEmptyLine = true;
    this.#field = "";
    return at + 1;
  }
}
