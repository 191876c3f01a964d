import { readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import pino from "pino";
import { parse, stringify } from "yaml";
import { describe, expect, test } from "vitest";
import { handleMonthlyChargeback } from "../../jobs/monthly-chargeback.ts";
import { configSchema } from "../../src/config/config.ts";
import { loadSettings } from "../../src/config/reading/settings.ts";
import { deliverySettings } from "../../src/open/delivery-settings.ts";
import { openLedger } from "../../src/open/open-ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { startMailServer, type TestMailServer } from "../messages/mail-server.ts";
import { startReceiver } from "../messages/receiver.ts";
import { writeRequests } from "../request-exports.ts";
import { madeOnce, temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

const FIRST = "2026-10-01T06:00:00Z";
const LAKE = { sources: [{ name: "prod", url: "exports" }], lake: "lake", directory: { teams: [{ name: "payments", owner: "alice@example.com", members: ["ann@example.com"] }, { name: "web", owner: "Bob of the web team", members: ["bob@example.com"] }] } };

/** September as a run on the 1st leaves it: payments owes $12.504, web $3.25, nobody $1. */
const september = madeOnce(async (folder) => {
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: "2026-09-07T12:00:00Z", dollars: 12.504 },
    { by: "bob@example.com", at: "2026-09-08T12:00:00Z", dollars: 3.25 },
    { by: "eve@example.com", at: "2026-09-30T12:00:00Z", dollars: 1 },
  ]);
  configure(folder, {});
  const { code, stderr } = await call(["run"], { cwd: folder, at: FIRST });
  if (code !== 0) throw new Error(stderr);
});

function configure(folder: string, sections: object): void {
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify({ ...LAKE, ...sections }));
}

interface Place {
  folder: string;
  ledger: (...args: string[]) => Promise<CallResult>;
}

async function place(mail: TestMailServer, url: string, deliver: object): Promise<Place> {
  const folder = await september();
  configure(folder, {
    smtp: { host: "localhost", port: mail.port, tls: "none", from: "ledger@acme.example", from_name: "AI ledger" },
    notify: [{ name: "chat", kind: "slack", url_env: "CHAT_URL" }, { name: "finance", kind: "email", to: "finance@example.com" }],
    deliver,
  });
  return { folder, ledger: (...args) => call(args, { cwd: folder, env: { CHAT_URL: url }, at: FIRST }) };
}

const ALL = { pages: "https://ledger.example.com/reports", company: ["chat", "finance"], owners: {} };

function subjects({ received }: TestMailServer): string[] {
  return received.map(({ to, mail }) => `${to.join()}: ${String(mail.subject)}`);
}

describe("aperture-ledger deliver", () => {
  test("shows what it would send, sends the month before this one, and again to whom it is told", async () => {
    const [web, mail] = [await startReceiver(), await startMailServer()];
    const { ledger } = await place(mail, web.url, ALL);
    const shown = await ledger("deliver", "--dry-run");
    expect(shown.stdout.split("\n").filter((line) => !line.startsWith(" "))).toEqual([
      "month        2026-09, the last complete month in UTC",
      "would send   complete 2026-09 to chat, finance",
      "would send   complete 2026-09 of payments to (owner)",
      "no owner     web: set owner in directory.teams, or deliver.owners, to an address",
      "",
    ]);
    expect(shown.stdout).toContain("Chargeback September 2026: $16.75 owed (complete, open)");
    expect([web.received, mail.received]).toEqual([[], []]);
    const sent = await ledger("deliver");
    expect([sent.code, sent.stdout.split("\n").slice(1, 3)]).toEqual([0, ["delivered    complete 2026-09 to chat, finance", "delivered    complete 2026-09 of payments to (owner)"]]);
    expect(subjects(mail).toSorted()).toEqual(["alice@example.com: Chargeback September 2026, payments: $12.50 owed (complete, open)", "finance@example.com: Chargeback September 2026: $16.75 owed (complete, open)"]);
    expect((JSON.parse(web.received[0]!.body) as { text: string }).text).toMatch(/^Chargeback September 2026: \$16\.75 owed \(complete, open\)\n[^]*\nhttps:\/\/ledger\.example\.com\/reports\/2026-09\/chargeback\.html$/);
    const again = await ledger("deliver", "--month", "2026-09", "--again", "--target", "finance", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ reports: [{ team: null, status: "complete", edition: 2, sent_now: true, state: "sent" }], without_owner: ["web"] });
    expect([web.received.length, mail.received.length]).toEqual([1, 3]);
  });

  test("fails where somebody did not get it, and status and doctor say who and why", async () => {
    const web = await startReceiver((count) => (count === 0 ? 404 : 200));
    const mail = await startMailServer({ behave: (_, to) => (to.startsWith("alice") ? { code: 550, at: "recipient" } : "take") });
    const { folder, ledger } = await place(mail, web.url, ALL);
    const sent = await ledger("deliver");
    expect([sent.code, sent.stderr]).toEqual([1, expect.stringContaining("some targets did not get the report: complete 2026-09, complete 2026-09 of payments [report_undelivered]")]);
    expect(`${sent.stdout}${sent.stderr}`).not.toMatch(/alice|127\.0\.0\.1|\/hook/);
    const missed = ["attention    complete 2026-09 has not reached chat: failed after 1 try: http_404; again after 2026-10-01T06:10Z", "attention    complete 2026-09 of payments has not reached (owner): failed after 1 try: smtp_550; again after 2026-10-01T06:10Z"];
    expect(sent.stdout.split("\n")).toEqual(expect.arrayContaining(missed));
    expect((await ledger("status")).stdout.split("\n")).toEqual(expect.arrayContaining(missed));
    const { findings } = JSON.parse((await ledger("doctor", "--json")).stdout) as { findings: { check: string; state: string; finding: string }[] };
    expect(findings.filter(({ check }) => /^(?:deliver|reports|notify finance)/.test(check)).map(({ check, state, finding }) => [check, state, finding])).toEqual([
      ["notify finance", "ok", `e-mail through localhost:${String(mail.port)}, not encrypted, without a login`],
      ["deliver owners", "ok", `e-mail through localhost:${String(mail.port)}, not encrypted, without a login`],
      ["deliver owners", "attention", "no address for the owner of web: these teams' reports are not sent"],
      ["reports", "attention", "2 not delivered yet, 0 given up"],
    ]);
    const run = await call(["run"], { cwd: folder, env: { CHAT_URL: web.url }, at: "2026-10-01T06:10:00Z" });
    expect(run.stdout).toMatch(/^reports {3}1 that had not arrived are now delivered, 1 are still not$/m);
  });

  test("is refused where nobody is to be sent anything, and where a target alone would be sent it for the first time", async () => {
    const folder = await september();
    expect(await call(["deliver"], { cwd: folder })).toMatchObject({ code: 2, stderr: expect.stringContaining("add a section deliver to the configuration") as string });
    const { ledger } = await place(await startMailServer(), "http://127.0.0.1:9/", ALL);
    expect(await ledger("deliver", "--target", "finance")).toMatchObject({ code: 2, stderr: expect.stringContaining("add --again") as string });
    expect(await ledger("deliver", "--month", "September")).toMatchObject({ code: 2 });
    expect(await ledger("deliver", "--again", "--target", "finanz")).toMatchObject({ code: 2, stderr: expect.stringMatching(/there is no target "finanz" \[usage\]\n.*targets are chat, finance, \(owner\)/) as string });
    expect(await ledger("deliver", "--team", "payment")).toMatchObject({ code: 2, stderr: expect.stringMatching(/there is no team "payment" in 2026-09 \[usage\]/) as string });
  });
});

test("a close sends what was closed, and a month that is closed is sent as it was closed", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { folder, ledger } = await place(mail, web.url, { ...ALL, owners: { web: "bob@example.com" } });
  const closed = await ledger("chargeback", "--month", "2026-09", "--close", "--by", "Kim", "--json");
  const { closed: { id }, delivered } = JSON.parse(closed.stdout) as { closed: { id: string }; delivered: { reports: { status: string; version: string }[] } };
  expect(delivered.reports.map(({ status, version }) => [status, version])).toEqual([["closed", id], ["closed", id], ["closed", id]]);
  expect(subjects(mail).toSorted()).toEqual([
    "alice@example.com: Chargeback September 2026, payments: $12.50 owed (closed)",
    "bob@example.com: Chargeback September 2026, web: $3.25 owed (closed)",
    "finance@example.com: Chargeback September 2026: $16.75 owed (closed)",
  ]);
  const ofClose = new FsStore(join(folder, "lake"));
  const page = mail.received.find(({ to }) => to[0] === "finance@example.com")!.mail;
  expect(page.text).toContain(`Closed on 1 October 2026 by Kim, close ${id}: these figures are final.`);
  expect(page.attachments[0]?.content.equals(await ofClose.read("reports/2026-09/chargeback.html"))).toBe(true);
  await ledger("chargeback", "--month", "2026-09", "--close");
  const known = await ledger("deliver", "--month", "2026-09");
  expect([known.code, web.received.length, mail.received.length]).toEqual([0, 1, 3]);
});

test("the job of the 1st makes the report and sends it", async () => {
  const [web, mail] = [await startReceiver(), await startMailServer()];
  const { folder } = await place(mail, web.url, { company: ["finance"] });
  const moved = temporaryFolder();
  await cp(folder, moved, { recursive: true });
  const config = await loadSettings({ config: join(moved, "aperture-ledger.yaml"), lake: join(moved, "lake"), source: join(moved, "exports"), instance: "prod" });
  const clock = (): Date => new Date(FIRST);
  const services = { log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined }, clock };
  const tools = { openLedger: () => openLedger(config, services, "cached"), timezone: "UTC", clock } as never;
  expect(await handleMonthlyChargeback({}, tools)).toMatchObject({ month: "2026-09", delivered: 1 });
  expect(subjects(mail)).toEqual(["finance@example.com: Chargeback September 2026: $16.75 owed (complete, open)"]);
});

describe("the configuration", () => {
  test("of the guide is valid, and where it leaves something out it says the default", () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/chargeback.md"), "utf8");
    const [, yaml = ""] = /^```yaml\n(smtp:[^]*?)^```$/m.exec(guide) ?? [];
    const { deliver, smtp } = configSchema.parse(parse(yaml));
    expect(deliver).toMatchObject({ company: ["chat", "finance"], within_seconds: 300, attempts: 8, retry_minutes: 10 });
    expect(smtp).toMatchObject({ port: 587, tls: "starttls", from_name: "aperture-ledger" });
  });

  test("of an owner is taken from deliver, else from the report, else from the directory as it is on the day, where it is an address", () => {
    const config = configSchema.parse({
      smtp: { host: "smtp.example.com", from: "ledger@example.com" },
      report: { owners: { web: "bob@example.com", data: "Dora, who has no address here" } },
      directory: {
        teams: [
          { name: "web", owner: "gone@example.com" },
          { name: "payments", owner: "first@example.com", until: "2026-10-01" },
          { name: "payments", owner: "second@example.com", from: "2026-10-01" },
          { name: "data", owner: "dora@example.com" },
          { name: "ended", owner: "last@example.com", until: "2026-09-01" },
          { name: "ops", owner: "Olga" },
        ],
      },
      deliver: { owners: { "(unallocated)": "finance@example.com", payments2: "two@example.com" } },
    });
    const at = (day: string, team: string): string | undefined => deliverySettings(config)?.ownerOf?.(team, new Date(`${day}T12:00:00Z`))?.to;
    const teams = ["web", "payments", "payments2", "data", "ended", "ops", "unknown", "(unallocated)"];
    expect(teams.map((team) => at("2026-10-02", team))).toEqual(["bob@example.com", "second@example.com", "two@example.com", "dora@example.com", "last@example.com", undefined, undefined, "finance@example.com"]);
    expect(at("2026-09-30", "payments")).toBe("first@example.com");
  });

  const SMTP = "smtp: {host: smtp.example.com, from: ledger@example.com}";
  test.each([
    ["deliver: {company: [ops]}", /no target ops/],
    ["deliver: {teams: {web: [ops]}}", /no target ops/],
    ["deliver: {owners: {}}", /add a section smtp/],
    ["notify: [{name: a, kind: email, to: finance@example.com}]", /add a section smtp/],
    [`${SMTP}\nnotify: [{name: a, kind: email, to: "finance@example.com, eve@example.com"}]`, /e-mail address/],
    [`${SMTP}\nnotify: [{name: a, kind: email, to: "finance@example.com\\r\\nBcc: eve@example.com"}]`, /e-mail address/],
    [`${SMTP}\ndeliver: {owners: {web: "Bob <bob@example.com>"}}`, /e-mail address/],
    ['deliver: {pages: "https://user:hunter2@ledger.example.com/"}', /without a login/],
    ['deliver: {pages: "javascript:alert(1)"}', /http:\/\/… or https:\/\/…/],
    ['smtp: {host: "smtp.example.com:25", from: ledger@example.com}', /without port/],
    ['smtp: {host: smtp.example.com, from: ledger@example.com, from_name: "a\\nBcc: b"}', /one line/],
    ["smtp: {host: smtp.example.com, from: ledger@example.com, user_env: SMTP_USER}", /a user needs a password/],
    ["smtp: {host: smtp.example.com, from: ledger@example.com, tls: none, user_env: SMTP_USER, password_env: SMTP_PASSWORD}", /must not be sent unencrypted/],
    ["smtp: {host: smtp.example.com, from: ledger@example.com, password_env: 'a secret hunter2'}", /never the secret itself/],
  ])("%s is a mistake, and no secret is quoted", async (yaml, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "aperture-ledger.yaml"), `lake: "${temporaryFolder()}"\n${yaml}\n`);
    const { code, stderr } = await call(["alerts"], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain("hunter2");
  });
});
