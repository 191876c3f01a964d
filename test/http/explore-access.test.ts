import { expect, test } from "vitest";
import { configuredExplorer } from "../../src/cli/start-http.ts";
import { configSchema } from "../../src/config/config.ts";
import { explorerOf, lakeOfRequests, request } from "../explore/explored-lake.ts";
import { as, ask, startHttp } from "./start-http.ts";

const PATHS = ["/explore", "/explore.csv?rows=model", "/explore/sessions", "/explore/sessions.csv"];

test("only those who may see the company's report may explore", async () => {
  const { lake } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", cost: 5n })]);
  const { server } = await startHttp({ lake, explorer: explorerOf(lake), allow: new Set(["alice@example.com"]), hosts: new Set(["127.0.0.1"]) });
  for (const path of PATHS) {
    expect((await ask(server.url, path, as("alice@example.com"))).status).toBe(200);
    expect((await ask(server.url, path, as("bob@example.com"))).status).toBe(403);
    expect((await ask(server.url, path)).status).toBe(403);
    expect((await ask(server.url, path, { method: "POST", ...as("alice@example.com") })).status).toBe(404);
  }
});

test("a member of a team, who may see that team's page, may not explore", async () => {
  const { lake } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", cost: 5n })]);
  const teamsOf = (login: string): Promise<string[]> => Promise.resolve(login === "bob@example.com" ? ["web"] : []);
  const { server } = await startHttp({ lake, explorer: explorerOf(lake), teamsOf, allow: new Set(["alice@example.com"]), hosts: new Set(["127.0.0.1"]) });
  for (const path of PATHS) {
    const { status, body } = await ask(server.url, path, as("bob@example.com"));
    expect([403, 404]).toContain(status);
    expect(body).not.toContain("ann@example.com");
  }
});

test("the front page leads to it where questions are answered", async () => {
  const { lake } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", cost: 5n })]);
  const open = await startHttp({ lake, explorer: explorerOf(lake) });
  expect((await ask(open.server.url, "/")).body).toContain('href="/explore"');
  const hidden = await startHttp({ lake, explorer: null });
  expect((await ask(hidden.server.url, "/")).body).not.toContain("/explore");
  expect((await ask(hidden.server.url, "/explore")).status).toBe(403);
});

test("a configuration that hides people in reports refuses all questions", async () => {
  const { lake } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", cost: 5n })]);
  const clock = (): Date => new Date("2026-11-30T12:00:00Z");
  expect(configuredExplorer(configSchema.parse({ privacy: { callers: "pseudonym" } }), lake, clock)).toBeNull();
  const explorer = configuredExplorer(configSchema.parse({ timezone: "Europe/Berlin", dimensions: { repo: "X-Repo" } }), lake, clock);
  expect(explorer?.settings).toEqual({ timezone: "Europe/Berlin", dimensions: ["repo"] });
  await explorer?.close();
});
