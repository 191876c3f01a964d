import { expect, test } from "vitest";
import { openDirectory } from "../../../src/allocation/settings/directory.ts";
import { settingsAt } from "../../../src/allocation/settings/in-force.ts";
import { reportMonth } from "../../../src/chargeback/report-month.ts";
import { teamAccess, type TeamVisitors } from "../../../src/http/teams/team-access.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { changeLedger } from "../../change-ledger.ts";
import { DISTINCTIVE, hiddenCompany, login, person, PRIVACY } from "../../chargeback/hiding/hidden-company.ts";
import { decodedForms } from "../../spelled-login.ts";
import { as, ask, startHttp } from "../start-http.ts";

const clock = (): Date => new Date("2026-10-31T00:00:00Z");
const OWNER = "olga@elsewhere.example";

/** The company with an owner of `core` whom no file names as a caller. Its reports have a page of every team. @param hides whether they hide people */
function withPages(ledger: Ledger, hides: boolean): Ledger {
  const { allocation, report: { privacy: _privacy, ...report } } = ledger.rules;
  const teams = allocation.teams.map((team) => (team.name === "core" ? { ...team, owner: OWNER } : team));
  return changeLedger(ledger, { rules: { allocation: { ...allocation, teams }, report: { ...report, everyTeam: true, ...(hides && { privacy: PRIVACY }) } } });
}

/** Everything that a login gets by following each link from the home and from the month to date. */
async function readAll(ledger: Ledger, who: TeamVisitors, visitor: string): Promise<Map<string, string>> {
  const teamsOf = teamAccess(who, async () => await Promise.resolve(openDirectory(settingsAt(ledger.rules.allocation, clock().getTime()))), clock);
  const { server } = await startHttp({ lake: ledger.stores.lake, allow: new Set(["boss@example.com"]), hosts: new Set(["127.0.0.1"]), teamsOf, clock });
  const pages = new Map<string, string>();
  const waiting = ["/", "/reports/current"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const { status, body, headers } = await ask(server.url, path, as(visitor));
    expect([path, status]).toEqual([path, headers.location === undefined ? 200 : 302]);
    pages.set(path, body);
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const links = [...body.matchAll(/href="([^"#:]+)"/g)].map(([, link = ""]) => (link.startsWith("/") ? link : `${folder}${link}`));
    waiting.push(...links, ...(headers.location === undefined ? [] : [headers.location]));
  }
  return pages;
}

/** By whom somebody can be recognised in what was read, other than by the own login on the home. */
function recognisedIn(pages: ReadonlyMap<string, string>, visitor: string): string[] {
  return [...pages].flatMap(([path, body]) => {
    const forms = decodedForms(body.replace(`Signed in as <bdi>${visitor}</bdi>`, "")).map((form) => form.toLowerCase());
    return DISTINCTIVE.filter((name) => forms.some((form) => form.includes(name))).map((name) => `${path}: ${name}`);
  });
}

test("what members and owners can reach names nobody where reports hide people, also after a report that named them", async () => {
  const { ledger } = await hiddenCompany();
  const visitors = [["members", login("quilla"), "core"], ["members", login("dorsey"), "duo"], ["members", login("hermit"), "solo"], ["owners", OWNER, "core"]] as const;
  const named = withPages(ledger, false);
  await reportMonth(named, "2026-10", "without FOCUS");
  // The search finds names where they are.
  expect(recognisedIn(await readAll(named, "members", login("dorsey")), login("dorsey"))).toContain("/reports/2026-10/teams/duo/chargeback.html: delphi");

  const hidden = withPages(ledger, true);
  await reportMonth(hidden, "2026-10", "without FOCUS");
  for (const [who, visitor, team] of visitors) {
    const pages = await readAll(hidden, who, visitor);
    expect([...pages.keys()].toSorted()).toEqual(["/", ...["csv", "html", "json"].map((type) => `/reports/2026-10/teams/${team}/chargeback.${type}`), "/reports/current"].toSorted());
    expect([visitor, recognisedIn(pages, visitor)]).toEqual([visitor, []]);
    const { cost_centers: [centre] } = JSON.parse(pages.get(`/reports/2026-10/teams/${team}/chargeback.json`) ?? "") as { cost_centers: { by_caller: { caller: string }[] }[] };
    expect([team, centre?.by_caller.some(({ caller }) => caller.startsWith("person-"))]).toEqual([team, team === "core"]);
  }
  expect((await readAll(hidden, "owners", OWNER)).get("/reports/2026-10/teams/core/chargeback.html")).toContain(person("wexford"));
});
