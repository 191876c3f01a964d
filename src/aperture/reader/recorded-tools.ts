import { NO_TOOLS, type ToolCalls } from "../../ledger/usage/tool-calls.ts";
import type { CborValue } from "./cbor/cbor-value.ts";
import { isCredential } from "./credential.ts";

/**
 * Names of the tools of a capture. Clients write them, so a text is kept only if it can be nothing but a name: an argument or a text of a
 * conversation never becomes the name of a tool.
 */

/** A tool whose name is not a name: it has other characters, is too long, or looks like a credential. */
const UNREADABLE = "(unreadable)";
/** A tool without a name, as in copies from which earlier versions removed it. */
const UNNAMED = "(unnamed)";
/** Further tools of a request that has too many. */
const OTHERS = "(others)";

/** The most tools of one request that are read by name. */
export const MOST_TOOLS = 4096;

/** What providers accept as a name of a tool, and dots. */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/** The name, or the placeholder for a name; null without a name. */
export function plainName(value: CborValue): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" && NAME.test(value) && !isCredential(value) ? value : UNREADABLE;
}

/** The tool of an MCP server as clients name it: `mcp__github__create_issue`. */
const MCP_TOOL = /^mcp__(.+?)__(.+)$/s;

/** Adds up the calls of one request. @param names of each call's tool and server, as they were recorded. @param items number of calls; `names` may be fewer. */
export function countTools(names: Iterable<{ name: CborValue; server_name: CborValue }>, items: number): readonly ToolCalls[] {
  if (items === 0) return NO_TOOLS;
  const tools = new Map<string, ToolCalls>();
  const add = (server: string | null, tool: string, calls: number): void => {
    const key = JSON.stringify([server, tool]);
    tools.set(key, { server, tool, calls: calls + (tools.get(key)?.calls ?? 0) });
  };
  let named = 0;
  for (const { name, server_name } of names) {
    named++;
    const [own, ofServer] = [plainName(name), plainName(server_name)];
    const parts = own === null ? null : MCP_TOOL.exec(own);
    add(ofServer ?? parts?.[1] ?? null, ofServer === null ? (parts?.[2] ?? own ?? UNNAMED) : (own ?? UNNAMED), 1);
  }
  if (items > named) add(null, OTHERS, items - named);
  return [...tools.keys()].sort().flatMap((key) => tools.get(key) ?? []);
}
