import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { handlePullExports } from "../../../jobs/pull-exports.ts";
import { deliverMonth, prepareDeliveries, retryDeliveries } from "../../../src/chargeback/deliver-month.ts";
import { loadUndelivered } from "../../../src/lake/records/delivery-record.ts";
import type { ChargebackReport } from "../../../src/chargeback/report/report.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { runOnce } from "../../../src/run/run-once.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { changeLedger } from "../../change-ledger.ts";
import { startMailServer } from "../../messages/mail-server.ts";
import { startReceiver } from "../../messages/receiver.ts";
import { ACME } from "../../screenshots/acme.ts";
import { temporaryFolder } from "../../test-ledger.ts";
import { inventCompany } from "../invented-company.ts";
import { deliveringLedger, MINUTE, ownersOf, published, settingsFor } from "./delivered.ts";

const company = inventCompany({ people: 24, teams: ACME.slice(0, 3) });
/** The same month after an export came late. */
const later: ChargebackReport = inventCompany({ people: 24, teams: ACME.slice(0, 3), seed: 8 });

async function text(lake: FsStore, key: string): Promise<string> {
  return Buffer.from(await lake.read(key)).toString();
}

test("a report reaches everybody once: JSON, chat, mailbox with the page, and each owner with the page of the own team", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { ledger, lake } = deliveringLedger(settingsFor(web, mail, { ownerOf: ownersOf(mail, ["payments", "web"]), teams: new Map([["web", ["chat"]]]) }));
  const reported = await published(lake, company);
  const delivered = await deliverMonth(ledger, reported);
  expect(delivered?.withoutOwner).toEqual(["platform"]);
  expect(delivered?.reports.map(({ record: { team, targets }, isNew }) => [team, targets.map(({ name, state }) => `${name} ${state}`), isNew])).toEqual([
    [null, ["erp sent", "chat sent", "finance sent"], true],
    ...["payments", "web"].toSorted((a, b) => company.byTeam.findIndex(({ key }) => key.team === a) - company.byTeam.findIndex(({ key }) => key.team === b)).map((team) => [team, [...(team === "web" ? ["chat sent"] : []), "(owner) sent"], true]),
  ]);
  expect(web.received).toHaveLength(3);
  const json = web.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>).find(({ kind }) => kind === "report");
  expect(json).toMatchObject({ month: "2026-10", team: null, status: "complete", final: false, link: "https://ledger.example.com/reports/2026-10/chargeback.html" });
  expect(json?.["id"]).toMatch(/^2026-10\/company\/complete-[0-9a-f]{16}$/);

  const pages = new Map(mail.received.map(({ to, mail: one }) => [to.join(), one.attachments.map(({ content }) => content.toString())]));
  expect(pages).toEqual(new Map([
    ["finance@example.com", [await text(lake, "reports/2026-10/chargeback.html")]],
    ["payments@example.com", [await text(lake, "reports/2026-10/teams/payments/chargeback.html")]],
    ["web@example.com", [await text(lake, "reports/2026-10/teams/web/chargeback.html")]],
  ]));

  const before = [web.received.length, mail.received.length];
  const again = await deliverMonth(ledger, await published(lake, company));
  expect(again?.reports.map(({ isNew }) => isNew)).toEqual([false, false, false]);
  expect([web.received.length, mail.received.length]).toEqual(before);
});

test("two workers at once send it once", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const folder = temporaryFolder();
  const workers = [1, 2].map(() => deliveringLedger(settingsFor(web, mail), folder));
  const reported = await published(workers[0]!.lake, company);
  await Promise.all(workers.map(({ ledger }) => deliverMonth(ledger, reported)));
  expect([web.received.length, mail.received.length]).toEqual([2, 1]);
});

test("what changed is a new state and is sent; what was sent is sent once more only where somebody asks, and then to whom they say", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { ledger, lake } = deliveringLedger(settingsFor(web, mail));
  const idsOf = (): unknown[] => mail.received.map(({ mail: { messageId } }) => messageId);
  await deliverMonth(ledger, await published(lake, company));
  await deliverMonth(ledger, await published(lake, later));
  expect([web.received.length, mail.received.length]).toEqual([4, 2]);
  const reported = await published(lake, later);
  await deliverMonth(ledger, reported, { again: true, target: "finance" });
  await deliverMonth(ledger, reported, { again: true, team: "payments" });
  expect([web.received.length, new Set(idsOf()).size]).toEqual([4, 3]);
  const prepared = await prepareDeliveries(ledger, ledger.telling.delivering!, reported, { again: true });
  expect(prepared.reports.map(({ content: { edition }, targets }) => [edition, targets])).toEqual([[3, ["erp", "chat", "finance"]]]);
});

test("a state that one target alone asked for is sent to everybody all the same", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { ledger, lake } = deliveringLedger(settingsFor(web, mail, { company: ["chat", "finance"] }));
  const reported = await published(lake, company);
  await deliverMonth(ledger, reported, { again: true, target: "finance" });
  expect([web.received.length, mail.received.length]).toEqual([0, 1]);
  await deliverMonth(ledger, reported);
  expect([web.received.length, mail.received.length]).toEqual([1, 2]);
});

describe("what does not arrive", () => {
  test("is tried again later and later, with the page as it was, and given up in the end", async () => {
    const web = await startReceiver();
    const mail = await startMailServer({ behave: () => ({ code: 550, at: "recipient" }) });
    const { ledger, lake, tools } = deliveringLedger(settingsFor(web, mail, { company: ["finance"], ownerOf: ownersOf(mail, ["web"]) }));
    const delivered = await deliverMonth(ledger, await published(lake, company));
    expect(delivered?.reports.map(({ record: { targets } }) => targets)).toMatchObject([[{ name: "finance", state: "failed", tries: 1, last_error: "smtp_550" }], [{ name: "(owner)", state: "failed" }]]);
    expect((await loadUndelivered(lake)).map(({ team }) => team)).toEqual([null, "web"]);
    const start = tools.now.getTime();
    const rounds = [];
    for (const minutes of [9, 10, 29, 30, 600]) {
      tools.now = new Date(start + minutes * MINUTE);
      rounds.push([minutes, await retryDeliveries(ledger)]);
    }
    const none = { sent: 0, failed: 0 };
    expect(rounds).toEqual([[9, none], [10, { sent: 0, failed: 2 }], [29, none], [30, { sent: 0, failed: 2 }], [600, none]]);
    expect((await loadUndelivered(lake)).map(({ state, targets: [target] }) => [state, target?.tries])).toEqual([["given_up", 3], ["given_up", 3]]);
  });

  test("arrives with what it said, and without the page where that is another by now", async () => {
    const web = await startReceiver();
    const mail = await startMailServer({ behave: (count) => (count < 1 ? { code: 550, at: "recipient" } : "take") });
    const { ledger, lake, tools } = deliveringLedger(settingsFor(web, mail, { company: ["finance"] }));
    const delivered = await deliverMonth(ledger, await published(lake, company));
    await published(lake, later);
    tools.now = new Date(tools.now.getTime() + 10 * MINUTE);
    expect(await retryDeliveries(ledger)).toEqual({ sent: 1, failed: 0 });
    const [{ mail: one }] = mail.received as [(typeof mail.received)[number]];
    expect(one.subject).toBe(delivered?.reports[0]?.record.title);
    expect(one.attachments).toEqual([]);
    expect(one.text).toContain("The page is not attached: it has changed since this message was written.");
    expect(await loadUndelivered(lake)).toEqual([]);
  });

  test("is not tried any more once a newer state was sent", async () => {
    const web = await startReceiver();
    const mail = await startMailServer({ behave: (count) => (count < 1 ? { code: 550, at: "recipient" } : "take") });
    const { ledger, lake, tools } = deliveringLedger(settingsFor(web, mail, { company: ["finance"] }));
    await deliverMonth(ledger, await published(lake, company));
    tools.now = new Date(tools.now.getTime() + MINUTE);
    const newer = await deliverMonth(ledger, await published(lake, later));
    tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
    expect(await retryDeliveries(ledger)).toEqual({ sent: 0, failed: 1 });
    expect(await retryDeliveries(ledger)).toEqual({ sent: 0, failed: 0 });
    expect(mail.received.map(({ mail: { subject } }) => subject)).toEqual([newer?.reports[0]?.record.title]);
    expect(await loadUndelivered(lake)).toEqual([]);
  });

  test("is not forgotten where another target alone asks for it again", async () => {
    const web = await startReceiver((count) => (count < 2 ? 404 : 200));
    const mail = await startMailServer({ behave: (count) => (count < 1 ? { code: 550, at: "recipient" } : "take") });
    const { ledger, lake, tools } = deliveringLedger(settingsFor(web, mail, { company: ["chat", "finance"] }));
    const missed = async (): Promise<unknown> => (await loadUndelivered(lake)).map(({ targets }) => targets.map(({ name, state }) => `${name} ${state}`));
    const wait = (minutes: number): Date => (tools.now = new Date(tools.now.getTime() + minutes * MINUTE));
    const reported = await published(lake, company);
    await deliverMonth(ledger, reported);
    expect(await missed()).toEqual([["chat failed", "finance failed"]]);
    wait(1);
    await deliverMonth(ledger, reported, { again: true, target: "finance" });
    expect(await missed()).toEqual([["chat failed"]]);
    wait(10);
    expect(await retryDeliveries(ledger)).toEqual({ sent: 0, failed: 1 });
    expect(await missed()).toEqual([["chat failed"]]);
    wait(20);
    await retryDeliveries(ledger);
    expect([web.received.length, mail.received.length, await missed()]).toEqual([3, 1, []]);
  });

  const pull = async (ledger: Ledger): Promise<unknown> => await handlePullExports({}, { openLedger: () => Promise.resolve(ledger), queues: {}, observer: { exportsSeen: () => undefined }, clock: () => new Date() } as never);

  test.each([["the worker's pulls", pull], ["runs", runOnce]])("is tried again by %s, also while a source cannot be listed", async (_, work) => {
    const web = await startReceiver();
    const mail = await startMailServer({ behave: (count) => (count < 1 ? { code: 550, at: "recipient" } : "take") });
    const { ledger, lake, tools } = deliveringLedger(settingsFor(web, mail, { company: ["finance"] }));
    await deliverMonth(ledger, await published(lake, company));
    tools.now = new Date(tools.now.getTime() + 10 * MINUTE);
    const source = temporaryFolder();
    symlinkSync("/nowhere/at/all", join(source, "lost.cbor.zstd"));
    await expect(work(changeLedger(ledger, { stores: { sources: [{ instance: "prod", store: new FsStore(source) }] } }))).rejects.toMatchObject({ code: "listing_incomplete" });
    expect([mail.received.length, await loadUndelivered(lake)]).toEqual([1, []]);
  });
});

test("no address, url, secret or answer of a server is in a record or in the log", async () => {
  const web = await startReceiver(() => 500);
  const mail = await startMailServer({ behave: () => ({ code: 550, at: "recipient" }) });
  const { ledger, lake, logged } = deliveringLedger(settingsFor(web, mail, { ownerOf: ownersOf(mail, ["web"]), company: ["erp", "finance"] }));
  await deliverMonth(ledger, await published(lake, company));
  let written = logged.join("");
  for await (const { key } of lake.list("")) if (/deliver/.test(key)) written += key + (await text(lake, key));
  expect(written).toContain("smtp_550");
  for (const secret of ["finance@example.com", "web@example.com", web.url, "127.0.0.1", "no such user"]) expect(written).not.toContain(secret);
});

test("nothing is sent, and nothing written, where nobody is to be sent anything", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { ledger, lake } = deliveringLedger(settingsFor(web, mail, { company: [] }));
  const reported = await published(lake, company);
  expect(await deliverMonth(ledger, reported)).toEqual({ reports: [], withoutOwner: [] });
  const { delivering: _, ...telling } = ledger.telling;
  expect(await deliverMonth({ ...ledger, telling }, reported)).toBeUndefined();
  for await (const { key } of lake.list("")) expect(key).toMatch(/^reports\/2026-10\/[^/]+$/);
  expect([web.received, mail.received]).toEqual([[], []]);
});
