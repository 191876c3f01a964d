import pino from "pino";
import { expect, test } from "vitest";
import { type JournalEntry, readJournal, replaceInJournal } from "../../src/lake/records/journal.ts";
import { keepJournal, type Journal } from "../../src/http/keep-journal.ts";
import { openJournal } from "../../src/cli/start-http.ts";
import { configSchema } from "../../src/config/config.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import { loginReplacer } from "../../src/ledger/names/login-replacer.ts";
import type { Explorer } from "../../src/explore/open-explorer.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { keysOf } from "../keys-of.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { afterEachTest } from "../tidy-up.ts";
import { ask, startHttp } from "./start-http.ts";

const ANN = { host: "ledger.tail1234.ts.net", "tailscale-user-login": "Ann@Example.com" };
const TIME = "2026-10-31T12:00:00.000Z";
const ALL = [new Date("2026-01-01T00:00:00Z"), new Date("2027-01-01T00:00:00Z")] as const;

const open: Journal[] = [];
afterEachTest(async () => {
  for (const journal of open.splice(0)) await journal.close();
});

interface Kept {
  journal: Journal;
  lines: string[];
}

function keep(lake: FsStore, clock: () => Date = () => new Date(TIME), keeping = "13 months"): Kept {
  const lines: string[] = [];
  const journal = keepJournal({ lake, keep: parseDuration(keeping)!, clock, log: pino({}, { write: (line: string) => void lines.push(line) }), worker: "w" });
  open.push(journal);
  return { journal, lines };
}

function entry(changes: Partial<JournalEntry> = {}): JournalEntry {
  return { at: TIME, by: "ann@example.com", known: "loopback", method: "GET", route: "/reports/*", path: "/reports/2026-10/chargeback.html", filters: [], status: 200, ...changes };
}

test("what a person reads is in the journal with login, path and status, and probes, jobs and strangers are not", async () => {
  const lake = new FsStore(temporaryFolder());
  await lake.create("reports/2026-10/chargeback.html", Buffer.from("<p>report"));
  const { journal } = keep(lake);
  const { server } = await startHttp({ lake, journal, allow: new Set(["ann@example.com"]), teamsOf: (login) => Promise.resolve(login === "bob@example.com" ? ["web"] : []), clock: () => new Date(TIME), explorer: null });
  const bob = { ...ANN, "tailscale-user-login": "bob@example.com" };
  for (const path of ["/reports/2026-10/chargeback.html?x=secret", "/%72eports/2026-10/nothing.csv", "/archive/holds", "/explore?caller=zora@example.com", "/healthz", "/metrics", "/jobs"]) await ask(server.url, path, { headers: ANN });
  await ask(server.url, "/reports/2026-10/teams/web/chargeback.html", { headers: bob });
  await ask(server.url, "/reports/2026-10/chargeback.html", { headers: bob });
  await ask(server.url, "/reports", { headers: { ...ANN, "tailscale-user-login": "eve@example.com" } });
  await server.close();
  await journal.close();
  const { entries, unreadable } = await readJournal(lake, ...ALL);
  expect(unreadable).toEqual([]);
  expect(entries.map(({ by, path, status }) => [by, path, status])).toEqual([
    ["ann@example.com", "/reports/2026-10/chargeback.html", 200],
    ["ann@example.com", "/%72eports/2026-10/nothing.csv", 404],
    ["ann@example.com", "/archive/holds", 200],
    ["ann@example.com", "/explore", 403],
    ["bob@example.com", "/reports/2026-10/teams/web/chargeback.html", 404],
    ["bob@example.com", "/reports/2026-10/chargeback.html", 403],
  ]);
  expect(entries[0]).toEqual(entry());
  const stored = await Promise.all((await keysOf(lake, "_ledger/journal/")).map(async (key) => Buffer.from(await lake.read(key)).toString()));
  expect(stored.join("")).not.toMatch(/secret|zora/);
});

test("without an allow list the reader is the account of the machine, and a preview of a hold is a read", async () => {
  const lake = new FsStore(temporaryFolder());
  const { journal } = keep(lake);
  const { server } = await startHttp({ lake, journal, clock: () => new Date(TIME) });
  await ask(server.url, "/archive/holds/preview", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  await server.close();
  await journal.flush();
  expect((await readJournal(lake, ...ALL)).entries).toMatchObject([{ by: "test", known: "account", method: "POST", path: "/archive/holds/preview", status: 400 }]);
});

test("of an answered question the names of its filters are kept, and of a refused one nothing", async () => {
  const lake = new FsStore(temporaryFolder());
  const { journal } = keep(lake);
  // A form with an empty field is answered with the link of the question, which asks nothing of the tables.
  const explorer = { settings: { dimensions: [], timezone: "UTC", clock: () => new Date(TIME) } } as unknown as Explorer;
  const { server } = await startHttp({ lake, journal, explorer, clock: () => new Date(TIME) });
  for (const query of ["caller=zora@example.com&model=m&agent=", "zora@example.com=1"]) await ask(server.url, `/explore?${query}`);
  await server.close();
  await journal.flush();
  expect((await readJournal(lake, ...ALL)).entries.map(({ path, filters, status }) => [path, filters, status])).toEqual([["/explore", ["caller", "model"], 303], ["/explore", [], 400]]);
});

test("entries are written once, by day, and a lake that cannot be written loses none of them", async () => {
  let fails = 2;
  class Away extends FsStore {
    override async create(key: string, body: Uint8Array): Promise<ObjectEntry | undefined> {
      if (fails-- > 0) {
        // The write is done, and the answer is lost.
        if (fails === 0) await super.create(key, body);
        throw new Error("away");
      }
      return await super.create(key, body);
    }
  }
  const lake = new Away(temporaryFolder());
  const { journal, lines } = keep(lake);
  journal.add(entry());
  journal.add(entry({ at: "2026-11-01T00:00:00.000Z", by: "bob@example.com" }));
  await journal.flush();
  await journal.flush();
  journal.add(entry({ at: "2026-11-01T00:00:01.000Z" }));
  await journal.flush();
  expect(lines.filter((line) => line.includes("cannot be written"))).toHaveLength(2);
  expect(await keysOf(lake)).toEqual(["_ledger/journal/2026/10/31/2026-10-31T120000000Z-w-1.ndjson", "_ledger/journal/2026/11/01/2026-11-01T000000000Z-w-2.ndjson"]);
  expect((await readJournal(lake, new Date(TIME), new Date("2026-11-01T00:00:01Z"))).entries.map(({ by }) => by)).toEqual(["ann@example.com", "bob@example.com"]);
});

test("a lake that is away for too long costs the oldest entries, which is counted", async () => {
  let isAway = true;
  class Away extends FsStore {
    override async create(key: string, body: Uint8Array): Promise<ObjectEntry | undefined> {
      if (isAway) throw new Error("away");
      return await super.create(key, body);
    }
  }
  const lake = new Away(temporaryFolder());
  const { journal, lines } = keep(lake);
  for (let status = 0; status < 20_003; status++) journal.add(entry({ status }));
  isAway = false;
  await journal.flush();
  expect((await readJournal(lake, ...ALL)).entries[0]?.status).toBe(3);
  expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(expect.objectContaining({ dropped: 3 }));
});

test("entries older than the time are removed, once a day", async () => {
  const lake = new FsStore(temporaryFolder());
  let now = new Date("2026-10-01T10:00:00Z");
  const { journal } = keep(lake, () => now, "1 month");
  for (const at of ["2026-08-31T23:59:59.000Z", "2026-09-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"]) journal.add(entry({ at }));
  await journal.flush();
  expect((await readJournal(lake, ...ALL)).entries.map(({ at }) => at)).toEqual(["2026-09-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"]);
  now = new Date("2026-10-02T10:00:00Z");
  await journal.flush();
  expect((await readJournal(lake, ...ALL)).entries.map(({ at }) => at)).toEqual(["2026-10-01T00:00:00.000Z"]);
});

test("an erased login is replaced in the journal, and nothing else is", async () => {
  const lake = new FsStore(temporaryFolder());
  const { journal } = keep(lake);
  journal.add(entry());
  journal.add(entry({ by: "joann@example.com", path: "/reports/ann%40example.com" }));
  journal.add(entry({ by: "joann@example.com" }));
  await journal.flush();
  const replace = loginReplacer("ann@example.com", "erased-1");
  expect(await replaceInJournal(lake, replace, false)).toBe(2);
  expect(await replaceInJournal(lake, replace, true)).toBe(2);
  expect(await replaceInJournal(lake, replace, true)).toBe(0);
  expect((await readJournal(lake, ...ALL)).entries.map(({ by, path }) => [by, path])).toEqual([
    ["erased-1", "/reports/2026-10/chargeback.html"], ["joann@example.com", "/reports/erased-1"], ["joann@example.com", "/reports/2026-10/chargeback.html"],
  ]);
});

test("the journal is kept by default where http.allow is set, and where it is configured, unless it is off", async () => {
  const parts = { lake: new FsStore(temporaryFolder()), clock: () => new Date(TIME), log: pino({ level: "silent" }) };
  const isKept = async (http: object, isAllowing: boolean): Promise<boolean> => {
    const journal = await openJournal(configSchema.parse({ http }).http?.journal, isAllowing, parts);
    await journal?.close();
    return journal !== undefined;
  };
  expect([await isKept({}, true), await isKept({}, false), await isKept({ journal: {} }, false), await isKept({ journal: "off" }, true), await isKept({ journal: false }, true)]).toEqual([true, false, true, false, false]);
});
