import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { madeOnce, temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

let folder: string;

const ask = (by: string, at: string, dollars: number | null, more: Partial<Asked> = {}): Asked => ({ by, at, dollars, model: "anthropic/claude-opus-4-8", session: `${by} ${at.slice(0, 7)}`, ...more });
const inRepo = (repo: string): Partial<Asked> => ({ repo });

const REQUESTS: Asked[] = [
  ask("ann@example.com", "2026-07-02T12:00:00Z", 7),
  ask("ann@example.com", "2026-09-02T12:00:00Z", 4, inRepo("acme/api")),
  ask("ann@example.com", "2026-09-03T12:00:00Z", 2, { ...inRepo("acme/web"), model: "anthropic/claude-haiku-4-5" }),
  ask("bob@example.com", "2026-09-04T12:00:00Z", 6, inRepo("acme/web")),
  // Ann 10 more for opus in acme/api, 1 less for haiku in acme/web; Bob 3 less.
  ask("ann@example.com", "2026-10-02T12:00:00Z", 14, inRepo("acme/api")),
  ask("ann@example.com", "2026-10-03T12:00:00Z", 1, { ...inRepo("acme/web"), model: "anthropic/claude-haiku-4-5" }),
  ask("bob@example.com", "2026-10-31T12:00:00Z", 3, inRepo("acme/web")),
  // A model without a price is owed nothing.
  ask("ann@example.com", "2026-10-04T12:00:00Z", null, { model: "own/llama", session: "ann@example.com 2026-10" }),
  ask("bob@example.com", "2026-11-01T12:00:00Z", 1),
];

/** July and September are closed, August has no usage, October is complete and open. */
const reported = madeOnce(async (lake) => {
  const source = temporaryFolder();
  writeRequests(source, REQUESTS);
  const ledger: Ledger = testLedger(new FsStore(source), new FsStore(lake), {
    rules: { allocation: settingsOf({ directory: { teams: [{ name: "red", members: ["ann@example.com"] }, { name: "blue", members: ["bob@example.com"] }] }, allocation: { adjustments: [{ name: "committed spend", when: { team: "blue" }, percent: -50 }] } }) },
  });
  await runOnce(ledger);
  await close(ledger, "2026-07");
  await close(ledger, "2026-09");
  await reportMonth(ledger, "2026-10");
});

beforeEach(async () => {
  folder = join(await reported(), "reports/2026-10");
});

interface Insights {
  trend: object[];
  drivers: object[];
  teams: { team: string; drivers: object[]; before: object | null; per_active_person_usd: string; per_session_usd: string }[];
}
const insights = (): Insights => (JSON.parse(readFileSync(join(folder, "chargeback.json"), "utf8")) as { insights: Insights }).insights;
const teamOf = (name: string): Insights["teams"][number] => insights().teams.find(({ team }) => team === name)!;
const text = (): string => readFileSync(join(folder, "chargeback.html"), "utf8").replace(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

test("the last months are those since the first with usage, closed ones as closed, one without usage as a gap", () => {
  expect(insights().trend).toEqual([
    { month: "2026-07", owed_usd: "7.000000000", closed: true },
    { month: "2026-08", owed_usd: null, closed: false },
    { month: "2026-09", owed_usd: "9.000000000", closed: true },
    { month: "2026-10", owed_usd: "16.500000000", closed: false },
  ]);
  expect(text()).toMatch(/The last 4 months .* July 2026 \$7\.00 closed August 2026 – no usage September 2026 \$9\.00 closed October 2026 \$16\.50 this report/);
});

test("a change is put down to the model, the caller and the repository that made most of it, in its direction", () => {
  expect(insights().drivers).toEqual([
    { kind: "repo", name: "acme/api", difference_usd: "10.000000000" },
    { kind: "caller", name: "ann@example.com", difference_usd: "9.000000000" },
    { kind: "model", name: "anthropic/claude-opus-4-8", difference_usd: "8.500000000" },
  ]);
  expect(teamOf("blue").drivers).toEqual([
    { kind: "caller", name: "bob@example.com", difference_usd: "-1.500000000" },
    { kind: "model", name: "anthropic/claude-opus-4-8", difference_usd: "-1.500000000" },
    { kind: "repo", name: "acme/web", difference_usd: "-1.500000000" },
  ]);
  expect(text()).toContain("Most of it: repo acme/api +$10.00 , caller ann@example.com +$9.00 , model anthropic/claude-opus-4-8 +$8.50 .");
});

test("cost per person and per session stands beside that of the closed month before", () => {
  expect(teamOf("red")).toMatchObject({ per_active_person_usd: "15.000000000", per_session_usd: "15.000000000", before: { per_active_person_usd: "6.000000000", per_session_usd: "6.000000000" } });
  expect(text()).toMatch(/Per active person \$15\.00 \( \+\$9\.00 \)/);
});

test("discounts are named with what they saved", () => {
  expect(text()).toMatch(/Discounts took \$1\.50 off what is owed: committed spend \$1\.50/);
});
