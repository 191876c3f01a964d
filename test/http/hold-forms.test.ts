import { describe, expect, test } from "vitest";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { holdDesk } from "../../src/cli/hold-desk.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { signingWith } from "../archive/sealing.ts";
import { changeLedger } from "../change-ledger.ts";
import { HookedStore } from "../hooked-store.ts";
import { companyLedger } from "./company-lake.ts";
import { type Answer, as, ask, startHttp } from "./start-http.ts";

const COUNSEL = "counsel@example.com";
const CLERK = "clerk@example.com";
const HOST = "ledger.tail1234.ts.net";

interface Office {
  ledger: Ledger;
  /** Sends a form as a browser does from the server's own page. */
  send: (path: string, fields: Record<string, string>, more?: Record<string, string | undefined>) => Promise<Answer>;
  see: (path: string, login?: string) => Promise<Answer>;
  events: () => Promise<ArchiveEvent[]>;
}

async function open(change: (ledger: Ledger) => Ledger = (ledger) => ledger): Promise<Office> {
  const ledger = change(changeLedger(await companyLedger(), signingWith()));
  const config = checkConfig({ http: { port: 0, allow: [COUNSEL, CLERK], holds: [COUNSEL] } }, "the test");
  const desk = holdDesk(config, ledger.stores.archive, () => Promise.resolve(ledger), () => new Date("2026-11-03T10:00:00Z"));
  const { server } = await startHttp({ lake: ledger.stores.lake, allow: new Set([COUNSEL, CLERK]), holds: desk });
  const headersOf = (login: string): Record<string, string> => ({ ...as(login).headers, Host: HOST, Accept: "text/html" });
  return {
    ledger,
    see: async (path, login = COUNSEL) => await ask(server.url, path, { headers: headersOf(login) }),
    send: async (path, fields, { login = COUNSEL, type = "application/x-www-form-urlencoded", ...headers } = { Origin: `https://${HOST}`, "Sec-Fetch-Site": "same-origin" }) => {
      const given = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
      return await ask(server.url, path, { method: "POST", headers: { ...headersOf(login), "Content-Type": type, ...Object.fromEntries(given) }, body: new URLSearchParams(fields).toString() });
    },
    events: async () => (await loadEvents(ledger.stores.archive, "prod")).map(({ document: { header } }) => header),
  };
}

const OWN_PAGE = { Origin: `https://${HOST}`, "Sec-Fetch-Site": "same-origin" };

function textOf(body: string): string {
  return body.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
}

describe("the form for legal holds", () => {
  test("shows what a hold would cover and records nothing, then places it by the login, and releases it with a reason", async () => {
    const { send, see, events } = await open();
    const form = await see("/archive/holds");
    expect(form.body).toContain('<form method="post" action="/archive/holds/preview">');
    expect(form.headers["content-security-policy"]).toContain("form-action 'self'");
    expect(form.headers["referrer-policy"]).toBe("same-origin");

    // Ann's three requests of the last two days: one of the 9th, two of the 10th.
    const wish = { reason: "Doe ./. Acme, case 7", caller: "Ann@Example.com", from: "2026-10-09", to: "", session: "", instance: "" };
    const preview = await send("/archive/holds/preview", wish);
    expect(preview.status).toBe(200);
    expect(textOf(preview.body)).toContain("Requests 3 Copies in the archive 2 Callers 1 Gateways 1");
    expect(textOf(preview.body)).toMatch(/Callers with most requests ann@example\.com 3 First copies archive\/prod\/2026\/10\/\d\d\/\S+ archive\/prod\//);
    expect(textOf(preview.body)).toContain(`placed by ${COUNSEL} (a login over loopback)`);
    expect(await events()).toEqual([]);

    // The page's own hidden fields are what places it.
    const confirm = /<form method="post" action="\/archive\/holds">.*?<\/form>/s.exec(preview.body)?.[0] ?? "";
    const fields = Object.fromEntries([...confirm.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]));
    expect(fields).toEqual({ caller: "Ann@Example.com", from: "2026-10-09", reason: wish.reason });
    const placed = await send("/archive/holds", fields);
    expect(placed.status).toBe(303);
    expect(await events()).toMatchObject([{ kind: "hold", by: COUNSEL, known: "loopback", reason: wish.reason, selection: { caller: "ann@example.com", from: "2026-10-09T00:00:00.000Z", to: null, session: null, instance: null } }]);

    const path = placed.headers.location ?? "";
    const page = await see(path);
    expect(textOf(page.body)).toContain(`since 2026-11-03T10:00:00.000Z by ${COUNSEL}`);
    expect(page.body).toContain(`action="${path}/release"`);
    expect((await send(`${path}/release`, { reason: "" })).status).toBe(400);
    expect(await events()).toHaveLength(1);
    const released = await send(`${path}/release`, { reason: "settled" });
    expect([released.status, released.headers.location]).toEqual([303, path]);
    expect(await events()).toMatchObject([{ kind: "hold" }, { kind: "release", by: COUNSEL, known: "loopback", reason: "settled" }]);
    const after = await see(path);
    expect(textOf(after.body)).toContain("released 2026-11-03T10:00:00.000Z by counsel@example.com (a login over loopback): settled");
    expect(after.body).not.toContain("<form");
  });

  test("says where nothing matches so far, and counts over all callers and days", async () => {
    const { send } = await open();
    expect(textOf((await send("/archive/holds/preview", { reason: "a case", caller: "nobody@example.com" })).body)).toMatch(/Requests 0 Copies in the archive 0 .*No ingested record matches it so far/);
    // Ten days of two callers, and one request without a price.
    expect(textOf((await send("/archive/holds/preview", { reason: "a case", instance: "prod" })).body)).toMatch(/Requests 21 Copies in the archive 10 Callers 2 .* ann@example\.com 11 bob@example\.com 10 .* and 5 more/);
    expect(textOf((await send("/archive/holds/preview", { reason: "a case", to: "2026-10-01" })).body)).toContain("Requests 2 Copies in the archive 1 Callers 2");
  });

  test("comes back filled in where something is wrong with it, whatever was typed", async () => {
    const { send, events } = await open();
    const answer = await send("/archive/holds/preview", { reason: '"><script>alert(1)</script>', caller: "<b>", from: "yesterday" });
    expect(answer.status).toBe(400);
    expect(textOf(answer.body)).toContain("&quot;yesterday&quot; is not a date or time");
    expect(answer.body).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(answer.body).toContain('value="&lt;b&gt;"');
    expect(answer.body).not.toMatch(/<script|<b>/);
    for (const [fields, said] of [[{ reason: "a case" }, "the selection is empty"], [{ caller: "ann@example.com" }, "reason"], [{ reason: "a case", instance: "dev" }, "dev"], [{ reason: "a case", callers: "x" }, "callers"]] as const) {
      const wrong = await send("/archive/holds", fields);
      expect([wrong.status, textOf(wrong.body)]).toEqual([400, expect.stringContaining(said) as string]);
    }
    expect(await events()).toEqual([]);
  });

  test("says in words what a field lacks, and a release comes back with its hold and what was typed", async () => {
    const { send, events } = await open();
    // A browser takes spaces for content.
    expect(textOf((await send("/archive/holds/preview", { reason: "  ", caller: "ann@example.com" })).body)).toContain("Legal holds reason: say why, in one line Give at least one of");
    expect(textOf((await send("/archive/holds/preview", { reason: "a case", session: "s".repeat(1001) })).body)).toContain("session: has more than 1000 characters");
    const path = (await send("/archive/holds", { reason: "a case", caller: "ann@example.com" })).headers.location ?? "";
    const empty = await send(`${path}/release`, { reason: " " });
    expect([empty.status, textOf(empty.body)]).toEqual([400, expect.stringContaining("reason: say why, in one line") as string]);
    const hidden = await send(`${path}/release`, { reason: "settled\u200B" });
    expect([hidden.status, textOf(hidden.body)]).toEqual([400, expect.stringContaining("the reason has line breaks or invisible characters write it on one line of plain text") as string]);
    expect(hidden.body).toContain(`action="${path}/release"`);
    expect(hidden.body).toContain('value="settled\u200B"');
    expect(await events()).toHaveLength(1);
  });

  test("is shown to and taken from nobody else, from no other site's page, and not where a browser does not say from which", async () => {
    const { send, see, events } = await open();
    const clerk = await see("/archive/holds", CLERK);
    expect(clerk.body).not.toContain("<form");
    expect(textOf(clerk.body)).toContain("Only the logins in http.holds may place and release holds.");
    const wish = { reason: "a case", caller: "ann@example.com" };
    for (const path of ["/archive/holds", "/archive/holds/preview", "/archive/holds/0123456789/release"]) {
      for (const headers of [
        { ...OWN_PAGE, login: CLERK }, { Origin: "https://elsewhere.example" }, { Origin: "null" }, { "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site", Origin: `https://${HOST}:8443` }, {},
      ]) {
        expect([path, headers, (await send(path, path.endsWith("release") ? { reason: "x" } : wish, headers)).status]).toEqual([path, headers, 403]);
      }
    }
    // A form that another site can send without asking first.
    expect((await send("/archive/holds", wish, { ...OWN_PAGE, type: "text/plain" })).status).toBe(400);
    expect((await send("/archive/holds", wish, { ...OWN_PAGE, type: "multipart/form-data; boundary=x" })).status).toBe(415);
    expect(await events()).toEqual([]);
  });

  test("is told what is in force already although a later step failed", async () => {
    let isAway = false;
    const { send, events } = await open((ledger) => {
      const lake = new HookedStore(ledger.stores.lake, (_operation, key) => {
        if (isAway && key.startsWith("_ledger/days/")) throw new LedgerError("storage_unavailable", "the lake is away", { remedy: "", retryable: true });
      });
      return changeLedger(ledger, { stores: { lake } });
    });
    isAway = true;
    const answer = await send("/archive/holds", { reason: "a case", caller: "ann@example.com" });
    expect([answer.status, textOf(answer.body)]).toEqual([202, expect.stringContaining("It is recorded and in force, but a later step failed: the lake is away") as string]);
    expect(await events()).toHaveLength(1);
  });

  test("counts a field that is given twice as a mistake", async () => {
    const { ledger, events } = await open();
    const desk = holdDesk(checkConfig({ http: { port: 0 } }, "the test"), ledger.stores.archive, () => Promise.resolve(ledger), () => new Date());
    const { server } = await startHttp({ lake: ledger.stores.lake, holds: desk });
    const { port } = new URL(server.url);
    const answer = await ask(server.url, "/archive/holds", { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: `http://127.0.0.1:${port}`, Host: `127.0.0.1:${port}` }, body: "reason=a&caller=ann%40example.com&caller=bob%40example.com" });
    expect(answer.status).toBe(400);
    expect(await events()).toEqual([]);
  });
});
