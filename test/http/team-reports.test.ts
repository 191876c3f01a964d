import { expect, test } from "vitest";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { visibleText } from "../../src/ledger/text/visible-text.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { inventCompany } from "../chargeback/invented-company.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ask, startHttp } from "./start-http.ts";

const NAMES = ["payments", "a/b", "../../etc", "<img src=x onerror=alert(1)>", "größe & co", "=1+1", ".hidden", "\u202Eevil"];

test("team pages stand below their month by their names, open, and are shut to whoever may not see reports", { timeout: 600_000 }, async () => {
  const store = new FsStore(temporaryFolder());
  await store.replace("reports/2026-09/chargeback.html", Buffer.from("x"));
  await store.replace("reports/2026-10/chargeback.html", Buffer.from("x"));
  const report = inventCompany({ people: 16, teams: NAMES.map((team) => ({ team, costCenter: null })) });
  const published = await teamChargebacks(store, report, { all: true });
  const { server } = await startHttp({ lake: store, allow: new Set(["ann@example.com"]) });
  const visitor = (login: string): { headers: Record<string, string> } => ({ headers: { Host: "ledger.tail1234.ts.net", "Tailscale-User-Login": login } });

  const { body } = await ask(server.url, "/reports", visitor("ann@example.com"));
  const [october = "", september = ""] = body.split("</section>");
  expect(september).not.toContain("<h3>Teams</h3>");
  const listed = [...(october.split("<h3>Teams</h3>")[1] ?? "").matchAll(/<li><a href="([^"]*)"><bdi>([^<]*)<\/bdi>/g)];
  const read = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll("&quot;", '"');
  expect(listed.map(([, , name = ""]) => read(name)).toSorted()).toEqual(published.map(({ team }) => visibleText(team)).toSorted());
  expect(body).not.toContain("<img");
  for (const { team, files } of published) {
    const path = listed.find(([, , name = ""]) => read(name) === visibleText(team))?.[1] ?? "";
    const page = await ask(server.url, path, visitor("ann@example.com"));
    expect([team, page.status, page.headers["content-type"]]).toEqual([team, 200, "text/html; charset=utf-8"]);
    expect(page.body).toBe(Buffer.from(await store.read(files.html)).toString());
    expect((await ask(server.url, path, visitor("eve@example.com"))).status).toBe(403);
  }
  for (const [, path = ""] of body.matchAll(/href="(\/reports\/[^"]*\.(?:csv|json))"/g)) expect((await ask(server.url, path, visitor("ann@example.com"))).status).toBe(200);
});
