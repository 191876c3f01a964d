import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { addressOf } from "../../src/storage/object-address.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { writeRequests } from "../request-exports.ts";
import { call } from "../cli/call.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const NAMES = ["(unallocated)", "R&D Köln", "sales/emea", "50% off", "a.b c#d?e", "..", "日本"];

/** The files that a page links to, as a browser finds them beside it. */
function linkedFrom(page: string): string[] {
  const hrefs = [...readFileSync(page, "utf8").matchAll(/<a href="([^"#]+)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));
  return hrefs.map((href) => fileURLToPath(new URL(href, `file://${page.split("/").map(encodeURIComponent).join("/")}`)));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

test("whatever a team is called, its printed address opens, and so do the links of its page, as published and after zipping and unzipping", async () => {
  const [source, folder, elsewhere] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const people = NAMES.map((_, index) => `p${String(index)}@example.com`);
  writeRequests(source, people.map((by) => ({ by, at: "2026-10-05T12:00:00Z", dollars: 1 })));
  const teams = NAMES.slice(1).map((name, index) => ({ name, members: [people[index + 1]!] }));
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf({ directory: { teams } }) } });
  await runOnce(ledger);
  const reported = await reportMonth(ledger, "2026-10");
  if ("closed" in reported) throw new Error("closed");
  const { lake } = ledger.stores;
  const written = await teamChargebacks(lake, reported.open.report, { all: true });
  expect(written.map(({ team }) => team).toSorted()).toEqual(NAMES.toSorted());

  const pages = [...written.map(({ files }) => files.html), reported.open.files.html].map((key) => fileURLToPath(addressOf(lake, key)));
  expect(new Set(pages).size).toBe(NAMES.length + 1);
  const zipped = zipSync(Object.fromEntries(filesBelow(join(folder, "reports")).map((path) => [relative(folder, path), readFileSync(path)])));
  for (const [name, bytes] of Object.entries(unzipSync(zipped))) {
    mkdirSync(dirname(join(elsewhere, name)), { recursive: true });
    writeFileSync(join(elsewhere, name), bytes);
  }
  for (const page of pages.flatMap((path) => [path, join(elsewhere, relative(folder, path))])) {
    const linked = linkedFrom(page);
    expect(linked.length).toBeGreaterThan(1);
    for (const file of linked) expect(existsSync(file), `${page} links to ${file}`).toBe(true);
  }
  const own = readFileSync(pages[written.findIndex(({ team }) => team === "R&D Köln")]!, "utf8");
  expect(own).toContain("R&amp;D Köln");
});

test("where teams see their own pages, the report of an open month writes them all and removes those of teams that are gone", async () => {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, ["ann", "bob"].map((name) => ({ by: `${name}@example.com`, at: "2026-10-05T12:00:00Z", dollars: 1 })));
  const charge = async (http: object, teams: readonly string[]): Promise<string[]> => {
    const file = join(temporaryFolder(), "ledger.yaml");
    const directory = { teams: teams.map((name) => ({ name, members: ["ann@example.com"] })) };
    writeFileSync(file, JSON.stringify({ sources: [{ name: "prod", url: source }], lake: folder, directory, http }));
    for (const command of [["run"], ["chargeback", "--month", "2026-10"]]) expect((await call([...command, "--config", file])).code).toBe(0);
    const reports = join(folder, "reports/2026-10/teams");
    return existsSync(reports) ? filesBelow(reports).map((path) => relative(reports, path)).toSorted() : [];
  };
  const filesOf = (...teams: string[]): string[] => teams.flatMap((team) => ["chargeback.csv", "chargeback.html", "chargeback.json"].map((name) => `${team}/${name}`));
  expect(await charge({ port: 0, allow: ["boss@example.com"] }, ["web"])).toEqual([]);
  expect(await charge({ port: 0, allow: ["boss@example.com"], teams: "members" }, ["web"])).toEqual(filesOf("%28unallocated%29", "web"));
  expect(await charge({ port: 0, allow: ["boss@example.com"], teams: "owners" }, ["payments"])).toEqual(filesOf("%28unallocated%29", "payments"));
});
