import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CLOSES, REPORTS } from "../lake/layout.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { answerPage } from "./page.ts";
import { isOfClose, toReportKey } from "./report-files.ts";
import { renderReportIndex } from "./report-index.ts";
import type { SendReport } from "./send-report.ts";
import { shareRun } from "./share-run.ts";

/** `/reports`: the files below `reports/` in the lake. */
export function serveReports(app: FastifyInstance, lake: ObjectStore, send: SendReport): void {
  const listReports = shareRun(async () => {
    const entries: ObjectEntry[] = [];
    for await (const entry of lake.list(REPORTS)) entries.push(entry);
    const closed = new Set<string>();
    for await (const { key } of lake.list(CLOSES)) closed.add(key.slice(CLOSES.length, -".json".length));
    return { entries, closed };
  });
  const showIndex = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { entries, closed } = await listReports();
    return await answerPage(reply, "Reports", renderReportIndex(entries, closed));
  };
  app.get("/reports", showIndex);
  app.get("/reports/", showIndex);
  app.route({
    // Without it, HEAD would read the whole file that GET sends.
    method: ["GET", "HEAD"],
    url: "/reports/*",
    handler: async (request, reply) => {
      const key = toReportKey(request.raw.url?.split("?", 1)[0]?.slice("/reports/".length) ?? "");
      return await send(request, reply, key === undefined || isOfClose(key) ? undefined : key);
    },
  });
}
