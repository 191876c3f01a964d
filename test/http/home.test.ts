import { expect, test } from "vitest";
import { describeOverview, overviewToJson } from "../../src/cli/commands/describe-overview.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { keepLastVerification } from "../../src/lake/records/last-verification.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { PRODUCT_VERSION } from "../../src/ledger/product-version.ts";
import type { LiveEstimate } from "../../src/limits/live/live-estimate.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { type Overview, readOverview } from "../../src/run/read-overview.ts";
import { changeLedger } from "../change-ledger.ts";
import { DOLLAR } from "../limits/spent.ts";
import { companyLedger, NOW } from "./company-lake.ts";
import { ask, type OpenDoor, startHttp } from "./start-http.ts";

const clock = (): Date => NOW;

async function open(ledger: Ledger, more: Partial<Parameters<typeof startHttp>[0]> = {}): Promise<OpenDoor> {
  return await startHttp({ lake: ledger.stores.lake, clock, readOverview: async () => await readOverview(ledger), ...more });
}

/** The text of a page, without its markup. */
function textOf(body: string): string {
  return body.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ").replaceAll("&#39;", "'").replaceAll(/\s+/g, " ");
}

test("home says what status says: money, budgets, what waits, and what was last reported and verified", async () => {
  const ledger = await companyLedger({ isReported: true });
  await keepLastVerification(ledger.stores.lake, { format: 1, checked_at: "2026-10-09T04:00:00.000Z", whole: true, exports: 10, findings: 0 });
  const { server } = await open(ledger);
  const { status, body } = await ask(server.url, "/");
  const text = textOf(body);
  expect(status).toBe(200);
  for (const said of [
    `Version ${PRODUCT_VERSION}`, "Exports waiting 0 10 ingested", "Stale nothing", "Quarantined 0 records",
    "October 2026 to date $45.00", "1 request has no price", "Forecast of the month $150.00", "data up to 2026-10-11 00:00 UTC",
    "company 2026-10 $50.00 $200.00 25.0 % $155.00", "web 2026-10 $20.00 $15.00 133.3 % (over) $62.00",
    "Last report October 2026 preliminary", "Last verification 2026-10-09 04:00 UTC nothing found, the whole archive", "prod 2026-10-11 00:59 UTC",
  ]) expect(text).toContain(said);
  expect(body).toContain('href="/reports/2026-10/chargeback.html"');

  const lines = describeOverview(await readOverview(ledger));
  expect(lines).toEqual([
    "newest       prod: export of 2026-10-11 00:59 UTC",
    "month        2026-10 to date: $45.00 owed, forecast $150.00; 1 request has no price",
    "budget       company 2026-10: $50.00 of $200.00 (25.0 %), forecast $155.00",
    "budget       web 2026-10: $20.00 of $15.00 (133.3 %), forecast $62.00",
    "report       2026-10, preliminary, data up to 2026-10-11 00:59 UTC",
    "verified     2026-10-09 04:00 UTC, the whole archive, 10 exports read: nothing found; noted in the lake",
  ]);
  expect(overviewToJson(await readOverview(ledger))).toMatchObject({
    month: { name: "2026-10", owed_usd: "45.000000000", forecast_usd: "150.000000000", unpriced_requests: 1, teams: [{ team: "payments", owed_usd: "27.000000000" }, { team: "web", owed_usd: "18.000000000" }] },
    budgets: [{ name: "company", spent_usd: "50.000000000" }, { name: "web" }],
    last_report: { month: "2026-10", status: "preliminary" },
    last_verification: { findings: 0 },
  });
});

test("home says what is open, what waits and what nobody has done yet", async () => {
  const ledger = await companyLedger();
  const silent = changeLedger(ledger, { work: { clock: () => new Date("2026-10-20T00:00:00Z") } });
  const { server } = await open(silent);
  const text = textOf((await ask(server.url, "/")).body);
  expect(text).toMatch(/\d conditions? of the ledger (is|are) open: .*prod : no exports arrive/);
  expect(text).toContain("Last report none yet");
  expect(text).toContain("Last verification none noted aperture-ledger archive verify --record records one");
  expect(text).toContain("Last pull none known");
});

test("home says when the last pull was, by the queue's own job", async () => {
  const ledger = await companyLedger();
  const jobs = { getCompleted: async () => await Promise.resolve([{ name: "check-limits", finishedOn: Date.parse("2026-10-11T00:20:00Z"), returnvalue: null }, { name: "pull-exports", finishedOn: Date.parse("2026-10-10T23:45:00Z"), returnvalue: { seen: 3 } }, { name: "pull-exports", finishedOn: Date.parse("2026-10-10T23:30:00Z"), returnvalue: {} }]) };
  const { server } = await open(ledger, { jobs });
  expect(textOf((await ask(server.url, "/")).body)).toContain("Last pull 2026-10-10 23:45 UTC 3 exports seen");
});

test("budgets have live estimates, marked as such, where hooks run; without Redis home says that there are none", async () => {
  const ledger = await companyLedger();
  const overview = await readOverview(ledger);
  const [company] = "problem" in overview.spending ? [] : overview.spending.budgets;
  const estimate: LiveEstimate = { state: company!, spent: 51n * DOLLAR, added: DOLLAR, requests: 1, unpriced: 0, percent: 25.5, reached: [], gateways: ["prod"], lastMinute: new Date("2026-10-10T23:59:00Z"), lacksUntil: null };
  let isAway = false;
  const look = async (): Promise<LiveEstimate[]> => (isAway ? await Promise.reject(new Error("away")) : await Promise.resolve([estimate]));
  const door = { largestBytes: 1024, gateways: ["prod"], add: () => true, observe: () => undefined, clock };
  const { server } = await open(ledger, { hooks: { door, look } });
  expect(textOf((await ask(server.url, "/")).body)).toContain("$155.00 live estimate: $51.00 of $200.00 (25.5 %); $1.00 of it from 1 request that hooks reported up to 2026-10-10 23:59 UTC");
  isAway = true;
  expect(textOf((await ask(server.url, "/")).body)).toContain("$155.00 no live estimate now");
});

test("a budget over an unknown team hides the money, and nothing else", async () => {
  const budgets = (): never => {
    throw new LedgerError("config_invalid", "limits[0] names the team <b>ops</b>", { remedy: "" });
  };
  const ledger = changeLedger(await companyLedger(), { rules: { budgets } });
  const { server } = await open(ledger);
  const { body } = await ask(server.url, "/");
  expect(body).toContain("The month to date and the budgets cannot be read: limits[0] names the team &lt;b&gt;ops&lt;/b&gt;");
  expect(textOf(body)).toContain("Exports waiting 0 10 ingested");
  expect(describeOverview(await readOverview(ledger))).toContain("attention    the month to date and the budgets cannot be read: limits[0] names the team <b>ops</b>");
});

test("an earlier reading is shown while a new one takes long or fails, with its time; without any, home says so", async () => {
  const ledger = await companyLedger();
  let [now, reads] = [NOW, 0];
  let answer: () => Promise<Overview> = async () => await Promise.reject(new Error("away"));
  const { server, lines } = await open(ledger, { clock: () => now, readOverview: async () => (reads++, await answer()) });
  const first = await ask(server.url, "/");
  expect([first.status, textOf(first.body)]).toEqual([503, expect.stringContaining("cannot be read now") as string]);
  expect(lines.join()).toContain("the state of the ledger cannot be read");
  answer = async () => await readOverview(ledger);
  expect((await ask(server.url, "/")).status).toBe(200);
  answer = async () => await Promise.reject(new Error("away"));
  now = new Date(NOW.getTime() + 59_999);
  await ask(server.url, "/");
  expect(reads).toBe(2);
  now = new Date(NOW.getTime() + 60_000);
  const later = await ask(server.url, "/");
  expect([later.status, reads]).toEqual([200, 3]);
  expect(textOf(later.body)).toContain("As of 2026-10-11 00:00 UTC");
});

test("the month to date has an address that stays; before its first report it says how to get one", async () => {
  const ledger = await companyLedger();
  let now = NOW;
  const { server } = await open(ledger, { clock: () => now });
  const missing = await ask(server.url, "/reports/current");
  expect(missing.status).toBe(404);
  expect(textOf(missing.body)).toContain("There is no report of October 2026 yet.");
  expect(textOf(missing.body)).toMatch(/schedule has month_to_date: .*aperture-ledger chargeback --month 2026-10/);
  await reportMonth(ledger, "2026-10");
  const { status, headers } = await ask(server.url, "/reports/current");
  expect([status, headers.location]).toEqual([302, "/reports/2026-10/chargeback.html"]);
  const page = await ask(server.url, headers.location ?? "");
  expect(page.body.indexOf("month to date, data up to 11 October 2026")).toBeGreaterThan(0);
  expect(page.body.indexOf("month to date")).toBeLessThan(page.body.indexOf("<table"));
  now = new Date("2026-11-01T06:00:00Z");
  const next = await ask(server.url, "/reports/current");
  expect([next.status, textOf(next.body)]).toEqual([404, expect.stringContaining("The newest report is that of October 2026") as string]);
});
