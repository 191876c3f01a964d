import { matchName } from "../../ledger/names/written-name.ts";

/** Calls of a tool by one caller on one UTC day: a row of the table `tools`. */
export interface ToolUse {
  /** `YYYY-MM-DD` */
  day: string;
  instance: string;
  caller: string;
  server: string | null;
  tool: string;
  calls: number;
}

/** A tool, or all tools of a server. */
export interface ReviewedTools {
  instance: string;
  server: string | null;
  /** In order. */
  tools: string[];
  callers: string[];
  calls: number;
  /** UTC dates, `YYYY-MM-DD`. */
  first: string;
  last: string;
}

export interface ToolsReview {
  /** Tools that nobody called in the period before; null where the ledger does not know that period. */
  fresh: ReviewedTools[] | null;
  /** Servers that are not approved; null where the configuration approves none. */
  unapproved: ReviewedTools[] | null;
}

/** @param before null where the ledger has no day of the period before. @param known names of approved servers, or patterns of names. */
export function reviewTools(used: readonly ToolUse[], before: readonly ToolUse[] | null, known: readonly string[] | undefined): ToolsReview {
  const called = new Set(before?.map(idOfTool));
  const approved = known?.map((text) => matchName(text));
  return {
    fresh: before === null ? null : groupBy(used.filter((use) => !called.has(idOfTool(use))), idOfTool),
    unapproved: approved === undefined ? null : groupBy(used.filter(({ server }) => server !== null && !approved.some((matches) => matches(server))), ({ instance, server }) => JSON.stringify([instance, server])),
  };
}

function idOfTool({ instance, server, tool }: ToolUse): string {
  return JSON.stringify([instance, server, tool]);
}

/** Most calls first. */
function groupBy(uses: readonly ToolUse[], idOf: (use: ToolUse) => string): ReviewedTools[] {
  const groups = [...Map.groupBy(uses, idOf).values()].flatMap((own): ReviewedTools[] => {
    const [first] = own;
    if (first === undefined) return [];
    const days = own.map(({ day }) => day).sort();
    const distinct = (of: (use: ToolUse) => string): string[] => [...new Set(own.map(of))].sort();
    const { instance, server } = first;
    return [{ instance, server, tools: distinct(({ tool }) => tool), callers: distinct(({ caller }) => caller), calls: own.reduce((sum, { calls }) => sum + calls, 0), first: days[0] ?? "", last: days.at(-1) ?? "" }];
  });
  const nameOf = ({ instance, server, tools }: ReviewedTools): string => JSON.stringify([instance, server, tools]);
  return groups.sort((a, b) => b.calls - a.calls || (nameOf(a) < nameOf(b) ? -1 : 1));
}
