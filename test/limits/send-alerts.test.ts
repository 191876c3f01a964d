import { plainLedger } from "../plain-ledger.ts";
import { changeLedger } from "../change-ledger.ts";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { sendAlerts } from "../../src/limits/delivering/send-alerts.ts";
import { loadAlerts, loadOpenAlerts } from "../../src/lake/records/alert-record.ts";
import { layout } from "../../src/lake/layout.ts";
import type { Target } from "../../src/messages/target.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { type Behaviour, closedUrl, startReceiver } from "../messages/receiver.ts";
import { testTools } from "../messages/sending-tools.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { alertOf, MINUTE, notifying, only, ops, send, thresholds } from "./raised-alerts.ts";
import { dyingAt } from "../archive/stopping-stores.ts";

describe("targets that do not take an alert", () => {
  test.each<Behaviour | "nobody there">([500, "hang", "close", "redirect", "nobody there"])("(%s) keep no other from theirs, and are recorded", async (behaviour) => {
    const lake = new FsStore(temporaryFolder());
    const good = await startReceiver();
    const bad = behaviour === "nobody there" ? { url: await closedUrl() } : await startReceiver(() => behaviour);
    const targets: Target[] = [ops(good.url), { ...ops(bad.url, { timeoutMilliseconds: 100 }), name: "dead" }, { name: "log", kind: "stdout" }];
    const tools = testTools();
    const alerts = ["50", "80", "100"].map((threshold) => alertOf(threshold, ["dead", "ops", "log", "ops"]));
    expect(await send(lake, alerts, notifying(targets), tools)).toEqual({ sent: 0, failed: 3, known: 0 });
    expect(thresholds(good.received).toSorted()).toEqual(["100", "50", "80"]);
    expect(tools.printed).toHaveLength(3);
    for (const record of await loadAlerts(lake)) {
      expect(record.state).toBe("failed");
      expect(record.targets.map(({ name, state }) => `${name} ${state}`)).toEqual(["dead failed", "ops sent", "log sent"]);
    }
  });

  test("never keep the pipeline longer than it is given", async () => {
    const lake = new FsStore(temporaryFolder());
    const good = await startReceiver();
    const bad = await startReceiver(() => "hang");
    const targets = [ops(good.url), { ...ops(bad.url), name: "dead" }];
    const alerts = Array.from({ length: 30 }, (_, index) => alertOf(String(index), ["dead", "ops"]));
    expect(await send(lake, alerts, notifying(targets, { withinMilliseconds: 3000 }), testTools())).toEqual({ sent: 0, failed: 30, known: 0 });
    expect(good.received).toHaveLength(30);
    const errors = (await loadAlerts(lake)).map(({ targets: [dead] }) => dead?.last_error);
    expect(errors).toEqual(Array.from({ length: 30 }, () => "out_of_time"));
  });

  test("are tried again later and later, alone, until it is given up", async () => {
    const lake = new FsStore(temporaryFolder());
    const good = await startReceiver();
    const bad = await startReceiver(() => 404);
    const to = notifying([ops(good.url), { ...ops(bad.url), name: "dead" }]);
    const tools = testTools();
    const rounds: [number, string | undefined, number][] = [];
    const start = tools.now.getTime();
    for (const minutes of [0, 4, 5, 14, 15, 60, 600]) {
      tools.now = new Date(start + minutes * MINUTE);
      await send(lake, [alertOf("80", ["dead", "ops"])], to, tools);
      rounds.push([minutes, (await only(lake)).state, bad.received.length]);
    }
    expect(rounds).toEqual([
      [0, "failed", 1],
      [4, "failed", 1],
      [5, "failed", 2],
      [14, "failed", 2],
      [15, "given_up", 3],
      [60, "given_up", 3],
      [600, "given_up", 3],
    ]);
    expect(good.received).toHaveLength(1);
    expect((await only(lake)).targets).toMatchObject([{ name: "dead", state: "given_up", tries: 3, last_error: "http_404" }, { name: "ops", state: "sent" }]);
    expect(await loadOpenAlerts(lake)).toEqual([]);
  });

  test("get the alert as it was raised once they are there again, also when its limit is not looked at any more", async () => {
    const lake = new FsStore(temporaryFolder());
    const { url, received } = await startReceiver((count) => (count < 3 ? 500 : 200));
    const tools = testTools();
    expect(await send(lake, [alertOf("80")], notifying([ops(url)]), tools)).toEqual({ sent: 0, failed: 1, known: 0 });
    tools.now = new Date(tools.now.getTime() + 5 * MINUTE);
    expect(await send(lake, [], notifying([ops(url)]), tools)).toEqual({ sent: 1, failed: 0, known: 0 });
    const bodies = received.map(({ body }) => JSON.parse(body) as { id: string; title: string });
    expect(new Set(bodies.map(({ id, title }) => `${id}: ${title}`))).toEqual(new Set(["payments%20monthly/2026-10/80: payments monthly has spent 80 %"]));
    expect(await only(lake)).toMatchObject({ state: "sent", round: 2, next_try_at: null, targets: [{ state: "sent", tries: 4 }] });
  });

  test("that the configuration does not know are recorded as such", async () => {
    const lake = new FsStore(temporaryFolder());
    await send(lake, [alertOf("80", ["gone"])], notifying([]), testTools());
    expect((await only(lake)).targets).toMatchObject([{ name: "gone", state: "failed", tries: 0, last_error: "target_unknown" }]);
  });
});

test("an alert for nobody is in the ledger all the same", async () => {
  const lake = new FsStore(temporaryFolder());
  expect(await send(lake, [alertOf("80", [])], notifying([]), testTools())).toEqual({ sent: 1, failed: 0, known: 0 });
  expect(await only(lake)).toMatchObject({ state: "sent", targets: [], title: "payments monthly has spent 80 %" });
});

test("an alert that two evaluations word differently is one alert, and one given twice is sent once", async () => {
  const lake = new FsStore(temporaryFolder());
  const { url, received } = await startReceiver();
  expect(await send(lake, [alertOf("80"), alertOf("80")], notifying([ops(url)]), testTools())).toEqual({ sent: 1, failed: 0, known: 0 });
  await send(lake, [{ ...alertOf("80"), title: "now 95 %" }], notifying([ops(url)]), testTools());
  expect(received).toHaveLength(1);
});

test("names from outside stay in their place of the lake", async () => {
  const lake = new FsStore(temporaryFolder());
  await send(lake, [alertOf("80", [], "../../etc/passwd"), alertOf("80", [], "a/b"), alertOf("../x", [], "..")], notifying([]), testTools());
  const keys: string[] = [];
  for await (const { key } of lake.list("")) keys.push(key);
  expect(keys).toHaveLength(3);
  for (const key of keys) expect(key).toMatch(/^alerts\/[^/]+\/2026-10\/[^/]+\.json$/);
});

test("no secret and no url is in a record, a log or an error", async () => {
  const secrets = ["hunter2-secret", "T0000/B0000/XXXXsecret"];
  const good = await startReceiver();
  const env: Record<string, string> = { OPS_SECRET: "hunter2-secret", GONE: `${await closedUrl()}/T0000/B0000/XXXXsecret`, ODD: "http://x:hunter2-secret@[" };
  const bad = await Promise.all((["close", "hang", 500, "redirect"] as const).map((behaviour) => startReceiver(() => behaviour)));
  for (const [index, { url }] of bad.entries()) env[`SLACK_${String(index)}`] = `${url}/T0000/B0000/XXXXsecret`;
  // Only what hangs is given up early: on a busy machine an answer takes its time.
  const withinOf = (urlEnv: string): number => (urlEnv === "SLACK_1" ? 100 : 30_000);
  const targets: Target[] = [
    ops(good.url, { secretEnv: "OPS_SECRET" }),
    ...Object.keys(env).filter((name) => name !== "OPS_SECRET").map((urlEnv): Target => ({ name: urlEnv.toLowerCase().replace("_", "-"), kind: "slack", urlEnv, timeoutMilliseconds: withinOf(urlEnv) })),
  ];
  const folder = temporaryFolder();
  const lines: string[] = [];
  const told = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const tools = testTools({ env });
  const alerts = Array.from({ length: 4 }, (_, index) => alertOf(String(index), targets.map(({ name }) => name)));
  await sendAlerts(changeLedger(plainLedger(new FsStore(folder), new FsStore(folder)), { telling: { log: told } }), alerts, notifying(targets), tools);
  tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
  const failing = dyingAt(new FsStore(folder), "replace", "alerts/");
  const error: unknown = await sendAlerts(changeLedger(plainLedger(failing, failing), { telling: { log: told } }), [], notifying(targets), tools).catch((thrown: unknown) => thrown);

  const lake = new FsStore(folder);
  let written = `${lines.join("")}${String(error)}${JSON.stringify(error)}`;
  for await (const { key } of lake.list("")) written += key + Buffer.from(await lake.read(key)).toString();
  expect(lines.length).toBeGreaterThan(10);
  expect(written).toContain("http_500");
  for (const secret of [...secrets, good.url, ...bad.map(({ url }) => url), "/hook"]) expect(written).not.toContain(secret);
  expect(await lake.head(layout.alert(alerts[0]!))).toBeDefined();
});
