import { visibleText } from "../../ledger/text/visible-text.ts";
import type { FindText } from "./search-criteria.ts";

/** Characters of a section: a longer text is searched in sections, so that memory is bounded. */
const SECTION = 1 << 16;
/** Characters that two sections share: a match of up to this length is found wherever it is. */
const SHARED = 1 << 13;
const BEFORE = 60;
const LONGEST_SNIPPET = 200;

/** Looks for the first match in a text that arrives in pieces. */
export class TextSearch {
  readonly #find: FindText;
  #pieces: string[] = [];
  #length = 0;
  #snippet: string | undefined;

  constructor(find: FindText) {
    this.#find = find;
  }

  begin(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#snippet = undefined;
  }

  push(piece: string): void {
    if (this.#snippet !== undefined) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length >= SECTION) this.#search();
  }

  /** Returns the match with some text around it, safe to show on one line; undefined without a match. */
  end(): string | undefined {
    if (this.#snippet === undefined && this.#length > 0) this.#search();
    return this.#snippet;
  }

  #search(): void {
    const section = this.#pieces.join("");
    const found = this.#find(section);
    const rest = section.slice(-SHARED);
    if (found !== undefined) this.#snippet = snippetOf(section, found.at);
    this.#pieces = [rest];
    this.#length = rest.length;
  }
}

function snippetOf(text: string, at: number): string {
  const from = Math.max(0, at - BEFORE);
  const to = Math.min(text.length, from + LONGEST_SNIPPET);
  const cut = text.slice(from, to).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
  return `${from > 0 ? "…" : ""}${visibleText(cut.replaceAll(/\s+/gu, " ").trim())}${to < text.length ? "…" : ""}`;
}
