import type { PartKind } from "./conversation.ts";

/** The name of the list of tool calls that the gateway records beside the bodies. */
export const TOOL_USE_DATA = "toolUseData";

/** Members of a body that hold messages, with the role of the message; null: messages have roles of their own. */
export const MESSAGES: ReadonlyMap<string, string | null> = new Map<string, string | null>([
  ...["messages", "contents", "input", "output", "choices", "candidates", "prompt"].map((name): [string, null] => [name, null]),
  ...["system", "instructions", "systemInstruction", "system_instruction"].map((name): [string, string] => [name, "system"]),
  ...["tools", "functions", "toolConfig"].map((name): [string, string] => [name, "tools"]),
  ["error", "error"],
  [TOOL_USE_DATA, "tool use"],
]);

/** Members of an answer that is one message. */
export const OWN_CONTENT: ReadonlySet<string> = new Set(["content", "completion", "message"]);

/** Lists whose maps are parts of a message. */
export const PARTS: ReadonlySet<string> = new Set(["content", "parts", "tool_calls", "summary", "system", "instructions", "tools", "functions", "output", TOOL_USE_DATA]);

/** Maps in which everything is an argument or a result of a tool. */
export const ARGUMENTS: ReadonlySet<string> = new Set(["input", "args", "params", "arguments", "response"]);

/** Texts that hold JSON. */
export const JSON_TEXTS: ReadonlySet<string> = new Set(["arguments", "partial_json"]);

/** Texts that are not part of what was said. */
export const SILENT: ReadonlySet<string> = new Set([
  "id", "tool_use_id", "tool_call_id", "call_id", "toolUseId", "signature", "thoughtSignature", "encrypted_content", "data", "media_type", "mime_type",
  "mimeType", "object", "finish_reason", "finishReason", "stop_reason", "stop_sequence", "status", "server_name", "cache_control",
]);

const ROLES: ReadonlyMap<string, string> = new Map([["model", "assistant"], ["developer", "system"], ["function", "tool"]]);

/** The role of a message in the ledger's words; undefined for a text that is not a role. */
export function roleOf(recorded: string): string | undefined {
  return /^[\w-]{1,40}$/.test(recorded) ? (ROLES.get(recorded) ?? recorded) : undefined;
}

/** What a part is by its recorded type, or by the key that its content has. */
export function kindOf(type: string): PartKind | undefined {
  if (/result|output$|Response$/i.test(type) && !type.endsWith("_text")) return "tool result";
  if (/tool_use|toolUse|tool_call|function|^params$/i.test(type)) return "tool call";
  if (/thinking|reasoning/i.test(type)) return "thinking";
  if (/image|audio|file|document|video|inlineData/i.test(type)) return "media";
  return /text|message/.test(type) ? "text" : undefined;
}
