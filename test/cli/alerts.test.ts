import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Notifying } from "../../src/limits/delivering/alerting.ts";
import { sendAlerts } from "../../src/limits/delivering/send-alerts.ts";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import type { AlertRecord } from "../../src/lake/records/alert-record.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { startReceiver } from "../messages/receiver.ts";
import { ALERT, testTools } from "../messages/sending-tools.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

const SECRET_PATH = "T0000/B0000/XXXXsecret";

interface Place {
  lake: string;
  ledger: (args: readonly string[], env?: Record<string, string>) => Promise<CallResult>;
}

function place(yaml: string): Place {
  const lake = temporaryFolder();
  const folder = temporaryFolder();
  writeFileSync(join(folder, "aperture-ledger.yaml"), `lake: "${lake}"\n${yaml}`);
  return { lake, ledger: (args, env = {}) => call(args, { cwd: folder, env }) };
}

async function raise(lake: string, day: string, threshold: string, targets: readonly string[], attempts = 1): Promise<void> {
  const store = new FsStore(lake);
  const notifying: Notifying = { targets: [{ name: "log", kind: "stdout" }], withinMilliseconds: 30_000, attempts, retryMilliseconds: 60_000 };
  const title = `payments has spent ${threshold} %\u001B[2J`;
  await sendAlerts(testLedger(store, store), [{ ...ALERT, threshold, title, targets }], notifying, testTools({ clock: () => new Date(`${day}T02:00:00Z`) }));
}

describe("aperture-ledger alerts", () => {
  test("lists what was raised, newest first, and what became of it", async () => {
    const { lake, ledger } = place("");
    expect((await ledger(["alerts"])).stdout).toMatch(/^no alerts in file:/);
    await raise(lake, "2026-10-04", "50", ["log"]);
    await raise(lake, "2026-10-06", "100", [], 1);
    await raise(lake, "2026-10-05", "80", ["log", "gone"], 2);
    expect((await ledger(["alerts"])).stdout.split("\n")).toEqual([
      "2026-10-06T02:00Z  sent      budget 100: payments has spent 100 %[U+001B][2J (to nobody)",
      "2026-10-05T02:00Z  failed    budget 80: payments has spent 80 %[U+001B][2J (log sent, gone failed after 0 tries: target_unknown; again after 2026-10-05T02:01Z)",
      "2026-10-04T02:00Z  sent      budget 50: payments has spent 50 %[U+001B][2J (log sent)",
      "",
    ]);
    const { alerts } = JSON.parse((await ledger(["alerts", "--json"])).stdout) as { alerts: AlertRecord[] };
    expect(alerts.map(({ threshold, state }) => `${threshold} ${state}`)).toEqual(["100 sent", "80 failed", "50 sent"]);
  });
});

describe("aperture-ledger alerts test", () => {
  test("sends one message to the target, with its secret, and records nothing", async () => {
    const { url, received } = await startReceiver();
    const { ledger } = place(`notify: [{name: ops, kind: webhook, url: "${url}", secret_env: OPS_SECRET}, {name: log, kind: stdout}]\n`);
    expect(await ledger(["alerts", "test", "--target", "ops"], { OPS_SECRET: "x" })).toEqual({ code: 0, stdout: "ops accepted the message\n", stderr: "" });
    expect(received.map(({ body }) => (JSON.parse(body) as { kind: string }).kind)).toEqual(["test"]);
    expect(received[0]?.headers).toHaveProperty("x-aperture-ledger-signature");
    const printed = await ledger(["alerts", "test", "--target", "log"]);
    expect(JSON.parse(printed.stdout)).toMatchObject({ kind: "test" });
    expect((await ledger(["alerts"])).stdout).toMatch(/^no alerts/);
  });

  test("says what kept it from arriving, and never where it was sent", async () => {
    const { url } = await startReceiver(() => 503);
    const { ledger } = place("notify: [{name: chat, kind: slack, url_env: CHAT_URL}]\n");
    const refused = await ledger(["alerts", "test", "--target", "chat"], { CHAT_URL: `${url}/${SECRET_PATH}` });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/chat did not accept the message: http_503 after 3 tries \[alert_undelivered\]/)]);
    expect(refused.stdout + refused.stderr).not.toContain(SECRET_PATH);
    const unset = await ledger(["alerts", "test", "--target", "chat"]);
    expect([unset.code, unset.stderr]).toEqual([1, expect.stringContaining("url_missing")]);
    const unknown = await ledger(["alerts", "test", "--target", "cat"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/no target "cat"[^]*targets are chat/)]);
  });
});

describe("aperture-ledger doctor", () => {
  async function findings({ ledger }: Place, env: Record<string, string> = {}): Promise<[string, string, string][]> {
    const { findings: found } = JSON.parse((await ledger(["doctor", "--json"], env)).stdout) as { findings: Finding[] };
    return found.filter(({ check }) => /^(?:notify|alerts)/.test(check)).map(({ check, state, finding }) => [check, state, finding]);
  }

  test("lists targets by their hosts and says which variable is missing", async () => {
    const where = place(`notify:
  - {name: ops, kind: webhook, url: "https://alerts.example.com:8443/${SECRET_PATH}", secret_env: OPS_SECRET}
  - {name: open, kind: webhook, url: "http://open.example.com"}
  - {name: chat, kind: slack, url_env: CHAT_URL}
  - {name: log, kind: stdout}
`);
    const set = await findings(where, { OPS_SECRET: "x", CHAT_URL: `https://hooks.slack.com/services/${SECRET_PATH}` });
    expect(set).toEqual([
      ["notify ops", "ok", "webhook at alerts.example.com:8443, signed"],
      ["notify open", "ok", "webhook at open.example.com, not signed"],
      ["notify chat", "ok", "slack at hooks.slack.com"],
      ["notify log", "ok", "standard output"],
    ]);
    const unset = await findings(where, { CHAT_URL: `https://user:${SECRET_PATH}@hooks.slack.com/` });
    expect(unset.slice(0, 3)).toEqual([
      ["notify ops", "failed", "the environment variable OPS_SECRET with its secret is not set"],
      ["notify open", "ok", "webhook at open.example.com, not signed"],
      ["notify chat", "failed", "CHAT_URL does not contain a url for alerts"],
    ]);
  });

  test("says how many alerts did not arrive", async () => {
    const where = place("");
    await raise(where.lake, "2026-10-04", "50", ["log"]);
    expect(await findings(where)).toEqual([]);
    await raise(where.lake, "2026-10-05", "80", ["gone"], 2);
    await raise(where.lake, "2026-10-05", "100", ["gone"], 1);
    expect(await findings(where)).toEqual([["alerts", "attention", "1 not delivered yet, 1 given up"]]);
  });
});

describe("the configuration", () => {
  test.each([
    ["notify: [{name: a, kind: webhook}]", /exactly one of url and url_env/],
    [`notify: [{name: a, kind: slack, url: "https://x.example", url_env: B}]`, /exactly one of url and url_env/],
    [`notify: [{name: a, kind: webhook, url: "ftp://${SECRET_PATH}"}]`, /http:\/\/… or https:\/\/…/],
    [`notify: [{name: a, kind: webhook, url: "https://${SECRET_PATH.replaceAll("/", "")}@x.example/${SECRET_PATH}"}]`, /credentials do not belong in a url/],
    [`notify: [{name: a, kind: slack, url: "https://x.example/", secret_env: B}]`, /secret_env/],
    [`notify: [{name: a, kind: webhook, url: "https://x.example/", secret_env: "a secret ${SECRET_PATH}"}]`, /never the secret itself/],
    ["notify: [{name: a, kind: stdout}, {name: a, kind: stdout}]", /two targets have the same name/],
    ["notify: [{name: a, kind: pager}]", /kind/],
    ["anomalies: {notify: [ops]}", /no target ops/],
    ["anomalies: {minimum: 20 euros}", /US dollars such as "\$20"/],
    ["anomalies: {history_days: 7, least_days: 10}", /least_days is at most history_days/],
  ])("%s is a mistake, and no secret is quoted", async (yaml, message) => {
    const { code, stderr } = await place(`${yaml}\n`).ledger(["alerts"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr).not.toContain("XXXXsecret");
  });
});
