import { openExplorer } from "../../src/explore/open-explorer.ts";
import { parseQuestion } from "../../src/explore/question/parse-question.ts";
import { renderExplored } from "../../src/explore/showing/explore-page.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface ExploredMonth {
  /** From the question to the page, and CPU of the process in between. */
  seconds: number;
  cpuSeconds: number;
}

export interface ExploredMonths {
  /** The first question about a month, which copies its files. */
  first: ExploredMonth;
  /** The next ones, by the query of their links. */
  next: Record<string, ExploredMonth>;
  residentMiB: number;
}

const DIMENSIONS = ["repo", "branch"];
const MONTH = "from=2026-10-01&to=2026-10-31";
/** What people ask: who, which model by whom, which repository, one person. */
const QUERIES = ["rows=caller", "rows=caller&columns=model", "rows=dimension.repo", "rows=dimension.repo&columns=dimension.branch", "rows=model&caller=user77@example.com"];

/** `explore-month.ts FOLDER`: asks questions about the October that `explore-lake.ts` writes, and prints `ExploredMonths`. */
const [, , folder = ""] = process.argv;
// On a busy machine a question may take longer than users would wait: it is measured anyway.
const explorer = openExplorer({ lake: new FsStore(folder), timezone: "UTC", dimensions: DIMENSIONS, clock: () => new Date("2026-10-31T12:00:00Z"), limits: { seconds: 600 } });

async function measure(query: string): Promise<ExploredMonth> {
  const question = parseQuestion(new URLSearchParams(`${MONTH}&${query}`), { dimensions: DIMENSIONS });
  const [start, used] = [performance.now(), process.cpuUsage()];
  await renderExplored(question, await explorer.ask(question), explorer);
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

try {
  const first = await measure("rows=caller");
  const next: Record<string, ExploredMonth> = {};
  for (const query of QUERIES) next[query] = await measure(query);
  process.stdout.write(JSON.stringify({ first, next, residentMiB: mostResidentMiB() } satisfies ExploredMonths));
} finally {
  await explorer.close();
}
