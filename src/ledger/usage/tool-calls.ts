/** Calls of one tool: the tool's name, and never the arguments of a call. */
export interface ToolCalls {
  /** The MCP server of the tool; null for a tool of the client itself, and where the client does not say. */
  server: string | null;
  tool: string;
  calls: number;
}

export const NO_TOOLS: readonly ToolCalls[] = [];
