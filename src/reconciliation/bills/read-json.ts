import { z } from "zod";
import { messageOf } from "../../ledger/errors.ts";
import { billMistake } from "./bill-mistakes.ts";

declare global {
  interface JSON {
    /** Node.js passes the text of a value since version 21; TypeScript does not declare it yet. */
    parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  }
}

/** Parses JSON and keeps numbers as texts: `0.1` becomes `"0.1"`, and no digit is lost. */
function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value, { source }) => (typeof value === "number" ? (source ?? String(value)) : value));
}

export interface Page {
  /** File, and page where it has several. */
  origin: string;
  value: unknown;
}

/** The responses in a file: one, an array of them, or one per line. */
export function readPages(file: string, text: string): Page[] {
  try {
    const value = parseExactly(text);
    const pages = Array.isArray(value) ? z.array(z.unknown()).parse(value) : [value];
    return pages.map((page, index) => ({ origin: pages.length === 1 ? file : `${file}, page ${String(index + 1)}`, value: page }));
  } catch (error) {
    const lines = text.split("\n");
    // If the first line is complete JSON, the file has one response per line.
    if (lines.length > 1 && isJson(lines[0] ?? "")) return readLines(file, lines);
    throw billMistake(file, `it is not JSON: ${messageOf(error).slice(0, 200)}`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readLines(file: string, lines: readonly string[]): Page[] {
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const origin = `${file}, line ${String(index + 1)}`;
    try {
      return [{ origin, value: parseExactly(line) }];
    } catch (error) {
      throw billMistake(origin, `it is not JSON: ${messageOf(error).slice(0, 200)}`);
    }
  });
}
