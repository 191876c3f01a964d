import { beforeEach, expect, test } from "vitest";
import type { LedgerContext } from "../../jobs/ledger-context.ts";
import { runOnce } from "../../jobs/run-once.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import type { Config } from "../../src/config.ts";
import { openHolds } from "../../src/cli/open-holds.ts";
import { checkConfig } from "../../src/cli/settings.ts";
import { FsStore } from "../../src/storage/fs-store.ts";
import { signingWith } from "../archive/sealing.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportFiles, sourceOf, temporaryFolder, testLedger } from "../test-ledger.ts";
import { type Answer, as, ask, openDoor } from "./open-door.ts";

const COUNSEL = "counsel@example.com";
const CLERK = "clerk@example.com";
const WISH = { caller: "alice@example.com", from: "2026-09-01", reason: "Doe ./. Acme" };

describeWithFixtures("/archive/holds", () => {
  let ledger: LedgerContext;

  beforeEach(async () => {
    const lake = new FsStore(temporaryFolder());
    ledger = testLedger(await sourceOf(exportFiles("autumn").slice(0, 2)), lake, signingWith());
    await runOnce(ledger);
  });

  const config = (http: object): Config => checkConfig({ http: { port: 0, ...http } }, "the test");
  const clock = (): Date => new Date("2026-11-03T10:00:00Z");

  async function open(http: { allow?: string[]; holds?: string[] }) {
    const { door, lines } = await openDoor({
      lake: ledger.lake,
      allow: http.allow === undefined ? null : new Set(http.allow),
      holds: openHolds(config(http), () => Promise.resolve(ledger), clock),
    });
    const post = async (path: string, body: object, headers: Record<string, string>): Promise<Answer> =>
      await ask(door.url, path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
    return { door, lines, post };
  }

  const events = async () => (await loadEvents(ledger.archive, "prod")).map(({ document: { header } }) => header);

  test("are added and released by whom http.holds names, and the chain has the login that tailscale serve vouches for", async () => {
    const { door, post, lines } = await open({ allow: [COUNSEL, CLERK], holds: [COUNSEL] });
    const { headers } = as("Counsel@Example.com");
    const added = await post("/archive/holds", WISH, headers);
    expect(added.status).toBe(200);
    const { id, ...hold } = JSON.parse(added.body) as { id: string };
    expect(hold).toMatchObject({ caller: "alice@example.com", from: "2026-09-01T00:00:00.000Z", by: COUNSEL, reason: WISH.reason, instances: ["prod"], released: null });
    expect(await events()).toMatchObject([{ kind: "hold", hold: id, by: COUNSEL, at: "2026-11-03T10:00:00.000Z" }]);

    const released = await post(`/archive/holds/${id}/release`, { reason: "settled" }, headers);
    expect(JSON.parse(released.body)).toMatchObject({ id, released: { by: COUNSEL, reason: "settled" } });
    expect(await events()).toMatchObject([{ kind: "hold" }, { kind: "release", hold: id, by: COUNSEL }]);

    const page = await ask(door.url, "/archive/holds", { headers: { ...as(CLERK).headers, Accept: "text/html" } });
    expect(page.headers["content-type"]).toMatch("text/html");
    expect(page.body).toContain(`${id}, caller alice@example.com`);
    expect(page.body).toContain(`released 2026-11-03T10:00:00.000Z by ${COUNSEL}: settled`);
    expect(JSON.parse((await ask(door.url, "/archive/holds", as(CLERK))).body)).toMatchObject({ holds: [{ id }] });
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
    [{ reason: "all there is" }, 400, "nothing says whose records are meant"],
    [{ caller: "alice@example.com" }, 400, "reason"],
    [{ ...WISH, reason: "  " }, 400, "reason"],
    [{ ...WISH, from: "yesterday" }, 400, "is no time"],
    [{ ...WISH, callers: "x" }, 400, "callers"],
    [{ ...WISH, instance: "dev" }, 400, "dev"],
  ])("are refused with the reason: %j", async (wish, status, text) => {
    const { post } = await open({});
    const answer = await post("/archive/holds", wish, {});
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(await events()).toEqual([]);
  });

  test("that nobody knows are not released", async () => {
    const { post } = await open({});
    expect(await post("/archive/holds/0123456789/release", { reason: "settled" }, {})).toMatchObject({ status: 404 });
  });
});
