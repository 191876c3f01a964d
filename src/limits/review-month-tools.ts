import { join } from "node:path";
import { z } from "zod";
import { DAY_MS } from "../ledger/durations.ts";
import { boundMonth, type Month, utcDate, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet } from "../ledger/sql/sql-texts.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { reviewTools, type ToolsReview, type ToolUse } from "./access/review-tools.ts";

const row = z.tuple([z.string(), z.string(), z.string(), z.string().nullable(), z.string(), z.number()]);

/** Compares the tools of a month with those of the month before, and their servers with those that are approved. Both are of UTC days. */
export async function reviewMonthTools(lake: ObjectStore, month: Month, known: readonly string[] | undefined): Promise<ToolsReview> {
  const days = [...(await loadLedgerState(lake)).days.values()];
  const daysOf = (of: Month): DayManifest[] => {
    const dates = new Set(utcDates(of));
    return days.filter(({ date }) => dates.has(date));
  };
  const before = daysOf(monthBefore(month));
  return reviewTools(await readTools(lake, daysOf(month)), before.length === 0 ? null : await readTools(lake, before), known);
}

function monthBefore({ name, timezone }: Month): Month {
  return boundMonth(utcDate(new Date(Date.parse(`${name}-01`) - DAY_MS)).slice(0, 7), timezone);
}

/** Only one day's table is on the disk at a time. */
async function readTools(lake: ObjectStore, days: readonly DayManifest[]): Promise<ToolUse[]> {
  return await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const uses: ToolUse[] = [];
      const file = join(workspace, "tools.parquet");
      for (const { tools } of days) {
        if (tools === null) continue;
        await downloadWritten(lake, tools, file);
        const found = await duck.runAndReadAll(`SELECT day::VARCHAR, instance, caller, server, tool, sum(calls)::DOUBLE FROM ${readParquet(file)} GROUP BY ALL ORDER BY ALL`);
        for (const [day, instance, caller, server, tool, calls] of z.array(row).parse(found.getRows())) uses.push({ day, instance, caller, server, tool, calls });
      }
      return uses;
    }),
  );
}
