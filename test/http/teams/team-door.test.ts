import { symlinkSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layout } from "../../../src/lake/layout.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../../test-ledger.ts";
import { type Answer, ask, startHttp } from "../start-http.ts";

const NAMES = ["payments", "a/b", "../../etc", "<img src=x onerror=alert(1)>", "größe & co", ".hidden", "pay"];
const COMPANY_SECRET = "the company's figures";
const NOW = new Date("2026-10-20T00:00:00Z");

/** A lake with a page of every team in two months, and everything else that somebody might want to see. */
async function fill(): Promise<{ lake: FsStore; folder: string }> {
  const folder = temporaryFolder();
  const lake = new FsStore(folder);
  for (const month of ["2026-09", "2026-10"]) {
    for (const file of ["chargeback.html", "chargeback.json", "teams.csv", "focus.csv", "closed-0123456789abcdef/teams/payments/chargeback.html"]) await lake.replace(`reports/${month}/${file}`, Buffer.from(COMPANY_SECRET));
    for (const team of NAMES) {
      for (const file of ["chargeback.html", "chargeback.csv", "chargeback.json", "notes.txt"]) await lake.replace(layout.teamReport(month, team, file), Buffer.from(`figures of ${team} in ${month}`));
    }
  }
  return { lake, folder };
}

const TEAMS: Readonly<Record<string, readonly string[]>> = { "ann@example.com": ["payments"], "bea@example.com": ["a/b", "größe & co"], "cas@example.com": ["../../etc", ".hidden", "<img src=x onerror=alert(1)>"], "dan@example.com": ["no-page"] };

async function open(lake: FsStore, teamsOf = async (login: string) => await Promise.resolve(TEAMS[login] ?? [])) {
  const { server, lines } = await startHttp({ lake, allow: new Set(["boss@example.com"]), teamsOf, clock: () => NOW });
  const visit = async (login: string, path: string, more: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> =>
    await ask(server.url, path, { ...more, headers: { Host: "ledger.tail1234.ts.net", "Tailscale-User-Login": login, ...more.headers } });
  return { server, lines, visit };
}

describe("somebody who is let in as owner or member of a team", () => {
  test("has a home with links to the pages of the own teams in each month, and every link leads to the own figures", async () => {
    const { lake } = await fill();
    const { visit } = await open(lake);
    for (const [login, teams] of Object.entries(TEAMS).slice(0, 3)) {
      const { status, body } = await visit(login, "/");
      expect(status).toBe(200);
      expect(body).not.toMatch(/<img|\$\d|<nav/);
      const paths = [...body.matchAll(/href="(\/[^"]*)"/g)].map(([, path = ""]) => path);
      expect(paths).toHaveLength(teams.length * 2 * 3);
      const pages: Answer[] = [];
      for (const path of paths) pages.push(await visit(login, path));
      const seen = new Set(pages.map((page) => page.body));
      expect(seen).toEqual(new Set(teams.flatMap((team) => ["2026-09", "2026-10"].map((month) => `figures of ${team} in ${month}`))));
      expect(new Set(pages.map((page) => page.status))).toEqual(new Set([200]));
    }
    expect((await visit("ann@example.com", "/reports")).body).toContain("Signed in as <bdi>ann@example.com</bdi>");
    const { body } = await visit("dan@example.com", "/");
    expect(body).toContain("There is no page of October 2026 yet");
    expect(body).not.toContain("href=\"/");
  });

  test("is led to the running month's page of the only team, and of several teams to the list", async () => {
    const { lake } = await fill();
    const { visit } = await open(lake);
    const { status, headers } = await visit("ann@example.com", "/reports/current");
    expect([status, headers.location]).toEqual([302, "/reports/2026-10/teams/payments/chargeback.html"]);
    expect((await visit("bea@example.com", "/reports/current")).body).toContain("Your teams");
    expect((await visit("dan@example.com", "/reports/current")).body).toContain("There is no page of October 2026 yet");
  });

  const OTHERS = [
    "/reports/2026-10/chargeback.html", "/reports/2026-10/chargeback.json", "/reports/2026-10/teams.csv", "/reports/2026-10/focus.csv",
    "/reports/2026-10/teams/pay/chargeback.html", "/reports/2026-10/teams/a%252Fb/chargeback.html", "/reports/2026-10/teams/unknown/chargeback.html",
    "/reports/2026-10/closed-0123456789abcdef/teams/payments/chargeback.html",
    "/reports/2026-10/teams/payments/notes.txt", "/reports/2026-10/teams/payments/", "/reports/2026-10/teams/payments", "/reports/2026-10/teams/", "/reports/2026-10/", "/reports/2026-10",
    // Ways around: dots, encoded slashes, case, trailing dots and slashes, nulls, parameters, doubled slashes, whole addresses.
    "/reports/2026-10/teams/payments/../pay/chargeback.html", "/reports/2026-10/teams/payments/%2e%2e/pay/chargeback.html", "/reports/2026-10/teams/payments/..%2Fpay/chargeback.html",
    "/reports/2026-10/teams/payments%2F..%2Fpay/chargeback.html", "/reports/2026-10/teams/payments/%2e%2e%2f%2e%2e%2fchargeback.html", "/reports/2026-10/teams/./pay/chargeback.html",
    "/reports/2026-10/teams/Payments/chargeback.html", "/reports/2026-10/TEAMS/payments/chargeback.html", "/REPORTS/2026-10/teams/payments/chargeback.html",
    "/reports/2026-10/teams/payments./chargeback.html", "/reports/2026-10/teams/payments/chargeback.html.", "/reports/2026-10/teams/payments/chargeback.html/", "/reports/2026-10/teams/payments/chargeback.HTML",
    "/reports/2026-10/teams/payments%00/chargeback.html", "/reports/2026-10/teams/pay%00ments/chargeback.html", "/reports/2026-10/teams/payments/chargeback.html%00", "/reports/2026-10/teams/payments;/chargeback.html",
    "/reports/2026-10/teams//payments/chargeback.html", "//reports/2026-10/teams/pay/chargeback.html", "/reports//2026-10/teams/pay/chargeback.html", "/reports/2026-10\\teams\\pay\\chargeback.html",
    "/reports/current/teams/pay/chargeback.html", "/reports/2026-1/teams/payments/chargeback.html", "/reports/%32026-10/teams/pay/chargeback.html", "/reports/2026-10/teams/%", "/reports/2026-10/teams/%C0%AE%C0%AE/chargeback.html",
    "http://ledger.tail1234.ts.net/reports/2026-10/teams/pay/chargeback.html",
    // Everything else that the server has, and what it may have one day.
    "/jobs", "/jobs/", "/jobs/api/queues", "/archive/holds", "/metrics", "/readyz", "/live", "/explore", "/explore?team=payments", "/anything", "/%", "*",
  ];

  test("sees nothing else by any path, and cannot tell what there is from what there is not", async () => {
    const { lake } = await fill();
    const { visit } = await open(lake);
    const answers = await Promise.all(OTHERS.map(async (path) => ({ path, ...(await visit("ann@example.com", path)) })));
    for (const { path, status, body } of answers) {
      expect(`${path} ${String(status)}`).toBe(`${path} 403`);
      expect(body).not.toMatch(/figures|etc|bdi/);
    }
    // Those whose path the router cannot decode are refused before teams are looked up.
    expect(new Set(answers.map(({ body }) => body)).size).toBeLessThanOrEqual(2);
    const head = await visit("ann@example.com", "/reports/2026-10/teams/pay/chargeback.html", { method: "HEAD" });
    expect([head.status, head.headers.etag]).toEqual([403, undefined]);
  });

  test("changes nothing, and asks from no other site's page", async () => {
    const { lake } = await fill();
    const { visit } = await open(lake);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) expect((await visit("ann@example.com", "/archive/holds", { method })).status).toBe(403);
    const page = "/reports/2026-10/teams/payments/chargeback.html";
    expect((await visit("ann@example.com", page, { headers: { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" } })).status).toBe(403);
    expect((await visit("ann@example.com", page, { headers: { Host: "evil.example" } })).status).toBe(403);
    expect((await visit("ann@example.com", page)).status).toBe(200);
  });

  test("is nobody by two logins, by none, and by one that no team has", async () => {
    const { lake } = await fill();
    const { server, visit } = await open(lake);
    const page = "/reports/2026-10/teams/payments/chargeback.html";
    expect((await ask(server.url, page, { headers: { Host: "ledger.tail1234.ts.net", "Tailscale-User-Login": ["ann@example.com", "eve@example.com"] } })).status).toBe(403);
    expect((await ask(server.url, page, { headers: { Host: "ledger.tail1234.ts.net" } })).status).toBe(403);
    expect(await visit("ann@example.com, eve@example.com", page)).toMatchObject({ status: 403 });
    expect(await visit("eve@example.com", "/")).toMatchObject({ status: 403, body: "this login is not in http.allow\n" });
    expect(await visit("eve@example.com", page)).toMatchObject({ status: 403 });
    expect((await visit("boss@example.com", "/reports/2026-10/chargeback.html")).body).toBe(COMPANY_SECRET);
  });

  test("does not see by a link what belongs to others", async () => {
    const { lake, folder } = await fill();
    const { visit } = await open(lake);
    const teams = join(folder, "reports/2026-10/teams");
    await Promise.all(["chargeback.html", "chargeback.csv", "chargeback.json", "notes.txt"].map(async (file) => await lake.remove(layout.teamReport("2026-10", "payments", file))));
    symlinkSync(join(teams, "pay", "chargeback.html"), join(teams, "payments", "chargeback.html"));
    symlinkSync(join(folder, "reports/2026-09"), join(folder, "reports/2026-08"));
    for (const path of ["/reports/2026-10/teams/payments/chargeback.html", "/reports/2026-08/teams/payments/chargeback.html"]) expect([path, (await visit("ann@example.com", path)).status]).toEqual([path, 403]);
    const { body } = await visit("ann@example.com", "/");
    expect(body).toContain("2026-09/teams/payments");
    expect(body).not.toMatch(/2026-10\/teams|2026-08\/teams/);
  });

  test("may leave before a page is there: nothing fails, and no second answer is tried", async () => {
    const { lake } = await fill();
    const { server, lines, visit } = await open(lake);
    const path = "/reports/2026-10/teams/payments/chargeback.html";
    await lake.replace(path.slice(1), Buffer.alloc(16_000_000));
    const { promise: isGone, resolve } = Promise.withResolvers<void>();
    const asked = get(`${server.url}${path}`, { headers: { Host: "ledger.tail1234.ts.net", "Tailscale-User-Login": "ann@example.com" } }, (answer) => {
      answer.on("error", () => undefined).once("data", () => asked.destroy());
      asked.once("close", resolve);
    });
    await isGone;
    // The server learns of it before it answers these.
    for (const file of ["chargeback.csv", "chargeback.json"]) expect((await visit("ann@example.com", path.replace("chargeback.html", file))).status).toBe(200);
    expect(lines.filter((line) => line.includes("request failed"))).toEqual([]);
  });

  test("is turned away where nobody knows who belongs to which team, and the log says why", async () => {
    const { lake } = await fill();
    const { visit, lines } = await open(lake, async () => await Promise.reject(new Error("the policy is gone")));
    const answer = await visit("ann@example.com", "/");
    expect(answer).toMatchObject({ status: 503, body: expect.not.stringContaining("policy") as string });
    expect(lines.join()).toContain("the policy is gone");
    expect((await visit("boss@example.com", "/reports/2026-10/chargeback.html")).status).toBe(200);
  });
});

test("without http.teams a member of a team is a stranger", async () => {
  const { lake } = await fill();
  const { server } = await startHttp({ lake, allow: new Set(["boss@example.com"]) });
  const answer = await ask(server.url, "/reports/2026-10/teams/payments/chargeback.html", { headers: { Host: "ledger.tail1234.ts.net", "Tailscale-User-Login": "ann@example.com" } });
  expect(answer).toMatchObject({ status: 403, body: "this login is not in http.allow\n" });
});
