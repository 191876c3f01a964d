import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { describe, expect, test } from "vitest";
import { fetchGatewayConfig } from "../../src/aperture/gateway/fetch-gateway-config.ts";
import { configSchema } from "../../src/config/config.ts";
import { findInHealth } from "../../src/cli/doctor/doctor-health.ts";
import { describeHealth } from "../../src/cli/commands/describe-health.ts";
import { checkHealth } from "../../src/health/check-health.ts";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { keepGatewaySnapshot } from "../../src/lake/records/gateway-snapshots.ts";
import { keepQuotaSample } from "../../src/lake/records/quota-samples.ts";
import { readLastVerification } from "../../src/lake/records/last-verification.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { call, type CallResult } from "../cli/call.ts";
import { keysOf } from "../keys-of.ts";
import { testTools } from "../messages/sending-tools.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { SETTINGS } from "./known-exports.ts";

const AT = new Date("2026-10-06T02:00:00Z");

function record(id: number, changes: object = {}): object {
  return {
    id,
    capture_id: `c${String(id)}`,
    timestamp: "2026-10-06T00:30:00Z",
    identity: { login_name: "ann@example.com" },
    model: "anthropic/claude-opus-4-8",
    usage: { input_tokens: 10, output_tokens: 5 },
    estimated_cost: { dollars: 1 },
    status_code: 200,
    capture: { requestHeaders: { "User-Agent": ["claude-cli/1"] } },
    ...changes,
  };
}

class Watched {
  readonly source = temporaryFolder();
  readonly folder = temporaryFolder();
  readonly lake = new FsStore(this.folder);
  readonly tools = testTools();
  readonly #isTold: boolean;

  constructor(isTold = true) {
    this.#isTold = isTold;
    this.tools.now = AT;
  }

  write(second: number, records: readonly object[]): string {
    const name = `ts-aperture-export-${String(second)}.cbor.zstd`;
    writeFileSync(join(this.source, name), zstdCompressSync(Buffer.concat(records.map((one) => encode(one)))));
    return join(this.source, name);
  }

  ledger(source: ObjectStore = new FsStore(this.source)): Ledger {
    const alerting = { notifying: { targets: [{ name: "ops", kind: "stdout" as const }], withinMilliseconds: 5000, attempts: 1, retryMilliseconds: 1000 }, anomalies: undefined, tools: this.tools };
    return testLedger(source, this.lake, { telling: { alerting }, rules: { health: { ...SETTINGS, notify: this.#isTold ? ["ops"] : undefined } }, work: { clock: () => this.tools.now } });
  }

  titles(): string[] {
    return this.tools.printed.splice(0).map((line) => (JSON.parse(line) as { title: string }).title);
  }
}

/** One o'clock on 2026-10-06. */
const ONE = Date.UTC(2026, 9, 6, 1) / 1000;

describe("a run", () => {
  test("tells a new field with its type, a model without a price, a damaged export and silence, and when they are over", async () => {
    mayBeIncoherent("an export is cut, and put right again");
    const watched = new Watched();
    watched.write(ONE - 3600, [record(1, { region: "eu", usage: { input_tokens: 1, output_tokens: 1, audio_seconds: 2.5 } }), record(2, { model: "openai/gpt-9", estimated_cost: undefined, timestamp: "2026-10-05T23:30:00Z" })]);
    const cut = watched.write(ONE, [record(3), record(4)]);
    const whole = readFileSync(cut);
    writeFileSync(cut, whole.subarray(0, whole.length - 6));
    const { health } = await runOnce(watched.ledger());
    expect(health?.conditions.map(({ kind }) => kind)).toEqual(["damaged", "new_field", "unpriced"]);
    const lines = watched.tools.printed.flatMap((line) => (JSON.parse(line) as { lines: string[] }).lines);
    expect(lines).toEqual(expect.arrayContaining(["region (text): in 1 records, first in ts-aperture-export-1791244800.cbor.zstd", "usage.audio_seconds (number): in 1 records, first in ts-aperture-export-1791244800.cbor.zstd"]));
    expect(lines.join()).not.toMatch(/\beu\b|2\.5/);
    expect(watched.titles().toSorted()).toEqual([
      "prod: 1 export is damaged: ts-aperture-export-1791248400.cbor.zstd",
      "prod: 1 model has no price: openai/gpt-9",
      "prod: 2 fields of the records are new to this version: region, usage.audio_seconds",
    ]);

    const status = describeHealth((await readLedgerStatus(watched.ledger())).health);
    expect(status.filter((line) => !line.startsWith(" "))).toEqual([
      "damaged      prod: 1 export is damaged: ts-aperture-export-1791248400.cbor.zstd, since 2026-10-06T01:00Z",
      expect.stringMatching(/^unpriced {5}prod: 1 model has no price/),
      expect.stringMatching(/^new_field {4}prod: 2 fields/),
    ]);
    const config = configSchema.parse({ lake: watched.folder, sources: [{ name: "prod", url: watched.source }] });
    expect((await findInHealth(config, AT)).map(({ state, finding }) => `${state} ${finding.split(":")[0] ?? ""}`)).toEqual(["attention damaged prod", "attention unpriced prod", "attention new_field prod"]);

    // Nothing new, and then the gateway writes the export again.
    expect([(await runOnce(watched.ledger())).health?.alerts.sent, watched.titles()]).toEqual([0, []]);
    writeFileSync(cut, whole);
    watched.tools.now = new Date("2026-10-06T03:30:00Z");
    await runOnce(watched.ledger());
    expect(watched.titles().toSorted()).toEqual(["prod: no exports arrive: none for 3 hours, usually one every 60 minutes", "prod: over: no export is damaged"]);
  });

  test("that fails tells what is wrong even so", async () => {
    const watched = new Watched();
    watched.write(ONE, [record(1)]);
    await runOnce(watched.ledger());
    watched.tools.now = new Date("2026-10-06T12:00:00Z");
    rmSync(watched.source, { recursive: true });
    writeFileSync(watched.source, "");
    await expect(runOnce(watched.ledger())).rejects.toThrow(/^file:/);
    expect(watched.titles()).toEqual(["prod: no exports arrive: none for 11 hours"]);
  });

  test("that cannot read an export which is there says nothing of silence, and neither does a check that lists no source", async () => {
    const watched = new Watched();
    watched.write(ONE, [record(1)]);
    await runOnce(watched.ledger());
    watched.tools.now = new Date("2026-10-06T12:00:00Z");
    expect(await checkHealth(watched.ledger(), { exports: [...(await loadLedgerState(watched.lake)).exports.values()], days: [] }, watched.tools.now)).toMatchObject({ conditions: [] });
    watched.write(ONE + 10 * 3600, [record(2)]);
    const source = new FsStore(watched.source);
    source.download = () => Promise.reject(new LedgerError("storage_unavailable", "away", { remedy: "wait" }));
    await expect(runOnce(watched.ledger(source))).rejects.toThrow("away");
    expect(watched.titles()).toEqual([]);
  });

  test("writes nothing about it where nobody is to be told", async () => {
    const watched = new Watched(false);
    watched.write(ONE, [record(1, { region: "eu" })]);
    expect(await runOnce(watched.ledger())).not.toHaveProperty("health");
    expect((await keysOf(watched.lake)).filter((key) => key.startsWith("alerts/") || key.startsWith("_ledger/health/"))).toEqual([]);
    expect((await readLedgerStatus(watched.ledger())).health.map(({ kind }) => kind)).toEqual(["new_field"]);
  });
});

test("no_capture is the share of requests without a captured header, from a hundred requests on", async () => {
  const requests = (count: number, without: number) => Array.from({ length: count }, (_, index) => record(index + 1, index < without ? { capture: null } : {}));
  const shown: (string | undefined)[] = [];
  for (const [count, without] of [[99, 99], [100, 20], [100, 21], [124, 25]] as const) {
    const watched = new Watched();
    watched.write(ONE, requests(count, without));
    await runOnce(watched.ledger());
    shown.push(watched.titles()[0]);
  }
  expect(shown).toEqual([undefined, undefined, "prod: requests come without a capture: 21 of 100 requests of the last 7 days (21 %) have no captured header", "prod: requests come without a capture: 25 of 124 requests of the last 7 days (20.1 %) have no captured header"]);
});

test("quota_drift is a bucket that is further than a dollar from its replay, looked for once a day", async () => {
  const watched = new Watched();
  watched.write(ONE, [record(1)]);
  const file = join(temporaryFolder(), "gateway.hujson");
  writeFileSync(file, '{"providers": {"anthropic": {"models": ["claude-opus-4-8"]}}, "quotas": {"team": {"capacity": "$100.00", "rate": "$0.01/month"}}, "grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"role": "user"}, {"models": "**", "quotas": [{"bucket": "team"}]}]}}]}');
  await keepGatewaySnapshot(watched.lake, "prod", [], await fetchGatewayConfig(file), new Date("2026-10-01T00:00:00Z"));
  const drifts: string[][] = [];
  for (const [hour, balance] of [[26, 99n], [27, 90n], [52, 90n], [76, 99n]] as const) {
    watched.tools.now = new Date(Date.UTC(2026, 9, 5, hour + 1));
    await keepQuotaSample(watched.lake, "prod", [{ bucket: "team", balance: balance * 1_000_000_000n }], new Date(Date.UTC(2026, 9, 5, hour)));
    await runOnce(watched.ledger());
    drifts.push(watched.titles().filter((title) => title.includes("bucket")));
  }
  expect(drifts).toEqual([[], [], ["prod: 1 bucket differs from its replay: team"], ["prod: over: the buckets are as replayed"]]);
});

test("a copy that was altered in the archive is verify_failed before any verification", async () => {
  mayBeIncoherent("a copy is altered");
  const watched = new Watched();
  watched.write(ONE, [record(1)]);
  await runOnce(watched.ledger());
  const [copy = ""] = (await keysOf(watched.lake)).filter((key) => key.startsWith("archive/") && key.endsWith(".cbor.zstd"));
  appendFileSync(join(watched.folder, copy), "x");
  await runOnce(watched.ledger());
  expect(watched.titles()).toEqual(["prod: 1 object of the archive failed verification: ts-aperture-export-1791248400.cbor.zstd"]);
});

test("a copy that is neither in the archive nor at its source is verify_failed until it is back", async () => {
  mayBeIncoherent("a copy is removed");
  const watched = new Watched();
  const exported = watched.write(ONE, [record(1)]);
  watched.write(ONE + 3600, [record(2)]);
  await runOnce(watched.ledger());
  const [copy = ""] = (await keysOf(watched.lake)).filter((key) => key.startsWith("archive/") && key.endsWith(`${String(ONE)}.cbor.zstd`));
  const bytes = readFileSync(exported);
  rmSync(exported);
  rmSync(join(watched.folder, copy));
  const { health } = await runOnce(watched.ledger());
  expect(health?.conditions).toEqual([{ kind: "verify_failed", subject: "prod", since: "2026-10-06T01:00:00.000Z" }]);
  writeFileSync(join(watched.folder, copy), bytes);
  await runOnce(watched.ledger());
  expect(watched.titles()).toEqual(["prod: 1 object of the archive failed verification: ts-aperture-export-1791248400.cbor.zstd", "prod: over: verification finds nothing wrong"]);
});

test("metrics show each kind for each gateway", async () => {
  const watched = new Watched();
  watched.write(ONE, [record(1, { region: "eu", estimated_cost: undefined })]);
  await runOnce(watched.ledger());
  await checkHealth(watched.ledger(), { exports: [] }, AT);
  const text = await new LedgerMetrics({ lake: watched.lake, queues: [], clock: () => AT, health: { gateways: ["prod"], settings: { ...SETTINGS, ignore: new Set(["no_capture"]) } } }).render();
  const shown = text.split("\n").filter((line) => line.startsWith("aperture_ledger_health{"));
  expect(shown).toHaveLength(9);
  expect(shown.filter((line) => line.endsWith(" 1"))).toEqual(['aperture_ledger_health{kind="unpriced",instance="prod"} 1', 'aperture_ledger_health{kind="new_field",instance="prod"} 1']);
  expect(text).toContain('aperture_ledger_health{kind="exports_silent",instance="prod"} 0');
});

test("archive verify --tell reports a failure, and refuses where nobody would get it", async () => {
  mayBeIncoherent("nothing was sealed");
  const watched = new Watched();
  watched.write(ONE, [record(1)]);
  await runOnce(watched.ledger());
  const key = join(temporaryFolder(), "key.pem");
  writeFileSync(key, generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
  const config = (health: object): string => {
    const file = join(temporaryFolder(), "ledger.yaml");
    writeFileSync(file, JSON.stringify({ sources: [{ name: "prod", url: watched.source }], lake: watched.folder, notify: [{ name: "log", kind: "stdout" }], health }));
    return file;
  };
  const verify = async (health: object): Promise<CallResult> => await call(["archive", "verify", "--tell", "--public-key", key, "--config", config(health)], { cwd: watched.folder });
  expect(await verify({})).toMatchObject({ code: 2, stderr: expect.stringContaining("set lake and health.notify in the configuration") as string });
  const { code, stdout } = await verify({ notify: ["log"] });
  expect(code).toBe(1);
  const [alert = ""] = stdout.split("\n").filter((line) => line.startsWith("{"));
  expect(JSON.parse(alert)).toMatchObject({ kind: "verify_failed", limit: "verify_failed the archive", figures: { state: "raised" } });
});

test("archive verify --note notes the outcome for status, and nothing is noted without it", async () => {
  mayBeIncoherent("nothing was sealed");
  const watched = new Watched();
  watched.write(ONE, [record(1)]);
  await runOnce(watched.ledger());
  const key = join(temporaryFolder(), "key.pem");
  writeFileSync(key, generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
  const verify = async (...more: string[]): Promise<CallResult> => await call(["archive", "verify", "--public-key", key, ...more], { cwd: watched.folder, at: AT.toISOString() });
  await verify("--lake", watched.folder);
  expect(await readLastVerification(watched.lake)).toBeNull();
  expect(await verify("--note", "--archive", watched.folder)).toMatchObject({ code: 2, stderr: expect.stringContaining("--note is given, but no lake is configured") as string });
  await verify("--lake", watched.folder, "--note", "--instance", "prod");
  expect(await readLastVerification(watched.lake)).toMatchObject({ checked_at: AT.toISOString(), whole: false, findings: expect.any(Number) as number });
  expect((await verify("--lake", watched.folder, "--note")).code).toBe(1);
  const noted = await readLastVerification(watched.lake);
  expect(noted).toMatchObject({ whole: true });
  const { stdout } = await call(["status", "--source", watched.source, "--instance", "prod", "--lake", watched.folder], { at: AT.toISOString() });
  expect(stdout).toContain(`verified     2026-10-06 02:00 UTC, the whole archive, ${String(noted?.exports)} exports read: ${String(noted?.findings)} findings`);
  await watched.lake.replace("_ledger/health/last-verification.json", Buffer.from("{"));
  expect(await readLastVerification(watched.lake)).toBeNull();
});
