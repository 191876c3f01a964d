import { z } from "zod";
import { HEALTH_KINDS } from "../../ledger/alert-kinds.ts";
import { dollars } from "./anomalies-section.ts";

/** Without `notify` nothing is recorded and no alert is sent; `status`, `doctor` and metrics show the same. */
export const healthSection = z
  .strictObject({
    notify: z.array(z.string().min(1)).optional().meta({ description: "Names of targets in `notify` that get an alert when something is wrong with the ledger itself, and when it is over. Without it no alerts are sent.", examples: [["ops"]] }),
    ignore: z.array(z.enum(HEALTH_KINDS)).default([]).meta({ description: "Kinds that are not checked.", examples: [["no_capture"]] }),
    silent_hours: z.number().min(0.1).max(720).default(2).describe("Hours without an export before `exports_silent`. Twice the usual interval between exports has to pass as well."),
    exporter_limit: z.int().min(1).max(10_000).optional().meta({ description: "The exporter's `limit`, for `backlog`. Without it, exports count as full if several in a row have the same number of records.", examples: [1000] }),
    backlog_exports: z.int().min(2).max(100).default(3).describe("How many exports in a row have to be full, or have an ever older newest record, before `backlog`."),
    no_capture_percent: z.number().min(0).max(100).default(20).describe("Per cent of the requests of the last 7 days that may be without a capture before `no_capture`."),
    quota_drift: dollars.default("$1").describe("How far the balance of a gateway's bucket may be from its replay, in US dollars, before `quota_drift`."),
  })
  .prefault({})
  .describe("How the ledger watches itself and the data that it gets. `notify` names the targets of its alerts; `status`, `doctor` and metrics show all conditions in any case.");
