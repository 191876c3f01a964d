import { beforeEach, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import type { Config } from "../../src/config/config.ts";
import { holdDesk } from "../../src/cli/hold-desk.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { signingWith } from "../archive/sealing.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { HookedStore } from "../hooked-store.ts";
import { exportFiles, sourceOf, temporaryFolder, testLedger } from "../test-ledger.ts";
import { type Answer, as, ask, startHttp } from "./start-http.ts";
import { changeLedger } from "../change-ledger.ts";

const COUNSEL = "counsel@example.com";
const CLERK = "clerk@example.com";
const WISH = { caller: "alice@example.com", from: "2026-09-01", reason: "Doe ./. Acme" };

describeWithFixtures("/archive/holds", () => {
  let ledger: Ledger;

  beforeEach(async () => {
    const lake = new FsStore(temporaryFolder());
    ledger = testLedger(await sourceOf(exportFiles("autumn").slice(0, 2)), lake, signingWith());
    await runOnce(ledger);
  });

  const config = (http: object): Config => checkConfig({ http: { port: 0, ...http } }, "the test");
  const clock = (): Date => new Date("2026-11-03T10:00:00Z");

  async function open(http: { allow?: string[]; holds?: string[] }) {
    const { server, lines } = await startHttp({
      lake: ledger.stores.lake,
      allow: http.allow === undefined ? null : new Set(http.allow),
      holds: holdDesk(config(http), ledger.stores.archive, () => Promise.resolve(ledger), clock),
    });
    const post = async (path: string, body: object, headers: Record<string, string>): Promise<Answer> =>
      await ask(server.url, path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
    return { server, lines, post };
  }

  const events = async () => (await loadEvents(ledger.stores.archive, "prod")).map(({ document: { header } }) => header);

  test("are added and released by whom http.holds names, and the chain has the login that tailscale serve vouches for", async () => {
    const { server, post, lines } = await open({ allow: [COUNSEL, CLERK], holds: [COUNSEL] });
    const { headers } = as("Counsel@Example.com");
    const added = await post("/archive/holds", WISH, headers);
    expect(added.status).toBe(200);
    const { id, ...hold } = JSON.parse(added.body) as { id: string };
    expect(hold).toMatchObject({ caller: "alice@example.com", from: "2026-09-01T00:00:00.000Z", by: COUNSEL, reason: WISH.reason, instances: ["prod"], released: null });
    expect(await events()).toMatchObject([{ kind: "hold", hold: id, by: COUNSEL, at: "2026-11-03T10:00:00.000Z" }]);

    const released = await post(`/archive/holds/${id}/release`, { reason: "settled" }, headers);
    expect(JSON.parse(released.body)).toMatchObject({ id, released: { by: COUNSEL, reason: "settled" } });
    expect(await events()).toMatchObject([{ kind: "hold" }, { kind: "release", hold: id, by: COUNSEL }]);

    const page = await ask(server.url, "/archive/holds", { headers: { ...as(CLERK).headers, Accept: "text/html" } });
    expect(page.headers["content-type"]).toMatch("text/html");
    expect(page.body).toContain(`>${id}</a>, caller alice@example.com`);
    expect(page.body).toContain(`released 2026-11-03T10:00:00.000Z by ${COUNSEL} (a login over loopback): settled`);
    expect(JSON.parse((await ask(server.url, "/archive/holds", as(CLERK))).body)).toMatchObject({ holds: [{ id }] });
    expect(lines.join()).not.toContain("alice@example.com");
  });

  test("are changed by nobody else, and by no page of another site", async () => {
    const { post } = await open({ allow: [COUNSEL, CLERK], holds: [COUNSEL] });
    expect(await post("/archive/holds", WISH, as(CLERK).headers)).toMatchObject({ status: 403 });
    expect(await post("/archive/holds", WISH, { ...as(COUNSEL).headers, Origin: "https://elsewhere.example" })).toMatchObject({ status: 403 });
    expect(await post("/archive/holds", WISH, {})).toMatchObject({ status: 403 });
    const unnamed = await open({ allow: [COUNSEL] });
    expect(await unnamed.post("/archive/holds", WISH, as(COUNSEL).headers)).toMatchObject({ status: 403 });
    expect(await events()).toEqual([]);
  });

  test("are changed at the machine itself without a login, by the account that the worker runs as", async () => {
    const { post } = await open({});
    const { by } = JSON.parse((await post("/archive/holds", { session: "ses-1", reason: "a case" }, {})).body) as { by: string };
    expect(by).not.toBe("");
    expect(await events()).toMatchObject([{ kind: "hold", by, selection: { session: "ses-1" } }]);
  });

  test.each([
    [{ reason: "all there is" }, 400, "the selection is empty"],
    [{ caller: "alice@example.com" }, 400, "reason"],
    [{ ...WISH, reason: "  " }, 400, "reason"],
    [{ ...WISH, from: "yesterday" }, 400, "is not a date or time"],
    [{ ...WISH, callers: "x" }, 400, "callers"],
    [{ ...WISH, instance: "dev" }, 400, "dev"],
  ])("are refused with the reason: %j", async (wish, status, text) => {
    const { post } = await open({});
    const answer = await post("/archive/holds", wish, {});
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(await events()).toEqual([]);
  });

  test("say how the login was known", async () => {
    const { post } = await open({ allow: [COUNSEL], holds: [COUNSEL] });
    expect(JSON.parse((await post("/archive/holds", WISH, as(COUNSEL).headers)).body)).toMatchObject({ by: COUNSEL, known: "loopback" });
    const local = await open({});
    expect(JSON.parse((await local.post("/archive/holds", WISH, {})).body)).toMatchObject({ known: "account" });
    const told = (await events()).map((header) => (header.kind === "hold" ? header.known : undefined));
    expect(told.toSorted()).toEqual(["account", "loopback"]);
    const { body } = await ask(local.server.url, "/archive/holds", { headers: { Accept: "text/html" } });
    expect(body).toContain(`${COUNSEL} (a login over loopback)`);
  });

  test.each([["x".repeat(1001)], ["two\nlines"], ["hid\u0000den"], ["turned \u202E around"], ["half \uD800"]])("are not made for a reason that nobody could read later: %j", async (reason) => {
    const { post } = await open({});
    expect(await post("/archive/holds", { ...WISH, reason }, {})).toMatchObject({ status: 400, body: expect.stringContaining("the reason has") as string });
    expect(await events()).toEqual([]);
  });

  test("are not made of more than a few lines", async () => {
    const { post } = await open({});
    expect(await post("/archive/holds", { ...WISH, caller: "a".repeat(1001) }, {})).toMatchObject({ status: 400 });
    expect(await post("/archive/holds", { ...WISH, reason: "x".repeat(20_000) }, {})).toMatchObject({ status: 413 });
    expect(await events()).toEqual([]);
  });

  test("are one hold however often and at once the same person asks for the same, until it is released", async () => {
    const { post } = await open({});
    const again = async () => JSON.parse((await post("/archive/holds", WISH, {})).body) as { id: string; repeated: boolean };
    const all = await Promise.all([again(), again(), again()]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.map(({ repeated }) => repeated).toSorted()).toEqual([false, true, true]);
    const [{ id }] = all;
    expect((await events()).length).toBe(1);
    await post(`/archive/holds/${id}/release`, { reason: "settled" }, {});
    expect(JSON.parse((await post(`/archive/holds/${id}/release`, { reason: "settled" }, {})).body)).toMatchObject({ id, repeated: true });
    const anew = await again();
    expect(anew).toMatchObject({ repeated: false });
    expect(anew.id).not.toBe(id);
    expect((await events()).map(({ kind }) => kind).toSorted()).toEqual(["hold", "hold", "release"]);
  });

  test("that are recorded are told as recorded, though what comes after fails, and are completed by the same request", async () => {
    const lake = ledger.stores.lake;
    let isAway = true;
    const away = new HookedStore(lake, (_operation, key) => {
      if (isAway && key.startsWith("_ledger/days/")) throw new LedgerError("storage_unavailable", "the lake is away", { remedy: "", retryable: true });
    });
    ledger = changeLedger(ledger, { stores: { lake: away, archive: lake } });
    const { post, lines } = await open({});
    const answer = await post("/archive/holds", WISH, {});
    expect(answer.status).toBe(202);
    const told = JSON.parse(answer.body) as { id: string };
    expect(told).toMatchObject({ recorded: true, repeated: false, instances: ["prod"], copies: null, failed: { code: "storage_unavailable", message: "the lake is away" } });
    expect(lines.join()).toContain("recorded, but a later step failed");
    expect(await events()).toMatchObject([{ kind: "hold", hold: told.id }]);
    isAway = false;
    const { status, body } = await post("/archive/holds", WISH, {});
    expect([status, JSON.parse(body)]).toMatchObject([200, { id: told.id, recorded: true, repeated: true, copies: expect.any(Number) as number }]);
    expect((await events()).length).toBe(1);
  });

  test("are listed from the chains alone, however the tables fare", async () => {
    const { post } = await open({});
    await post("/archive/holds", WISH, {});
    const read: string[] = [];
    const archive = new HookedStore(ledger.stores.lake, (_operation, key) => void read.push(key));
    const { server } = await startHttp({ lake: ledger.stores.lake, holds: holdDesk(config({}), archive, () => Promise.reject(new Error("no ledger is opened")), clock) });
    expect(JSON.parse((await ask(server.url, "/archive/holds")).body)).toMatchObject({ holds: [{ caller: "alice@example.com" }] });
    expect(read.filter((key) => !key.startsWith("archive/"))).toEqual([]);
    expect(read.length).toBeGreaterThan(0);
  });

  test("that somebody without the key planted are not taken for what is asked for", async () => {
    const { post } = await open({});
    const { id } = JSON.parse((await post("/archive/holds", WISH, {})).body) as { id: string };
    const [entry] = await loadEvents(ledger.stores.archive, "prod");
    const header = { ...(entry?.document.header as object), id: "planted", hold: "planted", reason: "another" } as ArchiveEvent;
    await ledger.stores.archive.create(archiveLayout.event("prod", header), canonicalBytes({ header, key: null, signature: null }));
    const answer = JSON.parse((await post("/archive/holds", { ...WISH, reason: "another" }, {})).body) as { id: string; repeated: boolean };
    expect(answer).toMatchObject({ repeated: false });
    expect(["planted", id]).not.toContain(answer.id);
  });

  test("that nobody knows are not released", async () => {
    const { post } = await open({});
    expect(await post("/archive/holds/0123456789/release", { reason: "settled" }, {})).toMatchObject({ status: 404 });
  });
});
