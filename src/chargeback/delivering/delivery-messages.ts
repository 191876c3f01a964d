import { DELIVERY, type DeliveredReport, isSuperseded } from "../../lake/records/delivery-record.ts";
import { sha256Of } from "../../lake/records/closed-files.ts";
import { layout } from "../../lake/layout.ts";
import type { Attachment, Message } from "../../messages/message.ts";
import type { Once } from "../../messages/send-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Clock } from "../../ledger/clock.ts";
import { REPORT_FILES } from "../report/render-report.ts";
import { TEAM_FILES } from "../team/render-team.ts";
import { type DeliverySettings, OWNER } from "./delivery-settings.ts";

/** How reports are sent. */
export function deliveries(lake: ObjectStore, { targets, pages, ownerOf }: DeliverySettings, clock: Clock): Once<DeliveredReport> {
  return {
    ...DELIVERY,
    noun: "report",
    failed: "deliveries_failed",
    toMessage: (report) => toMessage(lake, report, pages),
    targetOf: ({ team }, name) => (name === OWNER ? (team === null ? undefined : ownerOf?.(team, clock())) : targets.find((target) => target.name === name)),
    // A target that is still waiting for the report of an open month must not get it after the closed one.
    refuse: async (report, target) => ((await isSuperseded(lake, report, target)) ? "superseded" : undefined),
  };
}

/** A report as its targets receive it; an e-mail has the page attached. */
function toMessage(lake: ObjectStore, report: DeliveredReport, pages: string | undefined): Message {
  const { month, team, status, title, lines, figures } = report;
  const key = layout.delivery(report);
  const id = key.replace(/^deliveries\/|\.json$/g, "");
  const link = pages === undefined ? undefined : linkTo(pages, team === null ? layout.report(month, REPORT_FILES.html) : layout.teamReport(month, team, TEAM_FILES.html));
  return {
    title,
    lines,
    link,
    identity: `${lake.url}/${key}`,
    body: { id, kind: "report", month, team, status, final: status === "closed", title, lines, link: link ?? null, figures },
    attach: () => readPage(lake, report),
  };
}

/** The page as it was when the report was first delivered. The page of an open month may have changed since. */
async function readPage(lake: ObjectStore, { month, team, page }: DeliveredReport): Promise<Attachment | string> {
  if (page === null) return "The page is not attached: the month was closed without it.";
  const content = (await lake.head(page.key)) === undefined ? undefined : await lake.read(page.key);
  if (content === undefined || sha256Of(content) !== page.sha256) return "The page is not attached: it has changed since this message was written.";
  return { name: `chargeback-${month}${team === null ? "" : `-${team.replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, 60)}`}.html`, type: "text/html; charset=utf-8", content };
}

/** The address of a file below `reports/`: the key is percent-encoded, including each `%` in it. */
function linkTo(pages: string, key: string): string {
  return `${pages}/${key.split("/").slice(1).map(encodeURIComponent).join("/")}`;
}
