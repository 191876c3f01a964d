import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { reviewGrants } from "../../src/cli/commands/access.ts";
import { alerts } from "../../src/cli/commands/alerts.ts";
import { eraseFromArchive } from "../../src/cli/commands/archive-erase.ts";
import { archiveExtract } from "../../src/cli/commands/archive-extract.ts";
import { holdAdd, holdList } from "../../src/cli/commands/archive-hold.ts";
import { archivePurge } from "../../src/cli/commands/archive-purge.ts";
import { sealNow } from "../../src/cli/commands/archive-seal.ts";
import { archiveVerify } from "../../src/cli/commands/archive-verify.ts";
import { chargebackDiff } from "../../src/cli/commands/chargeback-diff.ts";
import { chargeback } from "../../src/cli/commands/chargeback.ts";
import { doctor } from "../../src/cli/doctor/doctor.ts";
import { explain } from "../../src/cli/commands/explain.ts";
import { limitsQuotas } from "../../src/cli/commands/limits-quotas.ts";
import { limitsWhatIf } from "../../src/cli/commands/limits-what-if.ts";
import { limits } from "../../src/cli/commands/limits.ts";
import { checkPriceList } from "../../src/cli/commands/prices-check.ts";
import { reconcileBills } from "../../src/cli/commands/reconcile.ts";
import { run } from "../../src/cli/commands/run.ts";
import { status } from "../../src/cli/commands/status.ts";
import { builtIns, captureOutput, hostileLedger, MONTH, PROTOTYPE_NAMES, REQUESTS_PER_NAME, TERMINAL_NAMES } from "./hostile-ledger.ts";

interface Call {
  config: string;
  json: boolean;
}

const clock = (): Date => new Date();
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that shows what a ledger holds, in an order in which each has something to show; closing comes last. */
function commands([name, other]: readonly [string, string]): [string, (call: Call) => Promise<unknown>][] {
  const out = (call: Call): string => join(call.config, "../extract-" + String(call.json));
  return [
    ["run", (call) => run(call, clock)],
    ["status", (call) => status(call, clock)],
    ["doctor", (call) => doctor(call, clock)],
    ["limits", (call) => limits(call, clock)],
    ["limits quotas", (call) => limitsQuotas({ ...call, month: MONTH }, clock)],
    ["limits what-if", (call) => limitsWhatIf({ ...call, month: MONTH, bucket: `${name}:<user>`, rate: "$1.00/day" }, clock)],
    ["prices check", (call) => checkPriceList({ ...call, month: MONTH }, clock)],
    ["alerts", alerts],
    ["access", (call) => reviewGrants({ ...call, month: MONTH, unusedDays: 30 }, clock)],
    ["reconcile", (call) => reconcileBills({ ...call, month: MONTH, bill: [join(call.config, "../bill.csv")] }, clock)],
    ["explain", async (call) => { for (const team of [name, other]) await explain({ ...call, month: MONTH, team, records: 2 }, clock); }],
    ["chargeback --teams", (call) => chargeback({ ...call, month: MONTH, teams: !call.json }, clock)],
    ["archive hold add", (call) => holdAdd({ ...call, caller: name, reason: `matter ${name}`, by: name }, clock)],
    ["archive hold list", (call) => holdList(call, clock)],
    ["archive seal", (call) => sealNow(call, clock)],
    ["archive verify", (call) => archiveVerify(call, clock)],
    ["archive extract", (call) => archiveExtract({ ...call, caller: name, format: "export", out: out(call) }, clock)],
    ["archive purge", (call) => archivePurge(call, clock)],
    ["archive erase", (call) => eraseFromArchive({ ...call, caller: other, reason: "asked for" }, clock)],
    ["chargeback --close", (call) => chargeback({ ...call, month: MONTH, close: true, by: name }, clock)],
    ["chargeback of the closed month", (call) => chargeback({ ...call, month: MONTH }, clock)],
    ["chargeback diff", (call) => chargebackDiff(`${MONTH}@closed`, `${MONTH}@now`, call, clock)],
  ];
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const OBEYED = /[\0-\x09\x0B-\x1F\x7F-\x9F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\u{E0000}-\u{E007F}]/u;

const names = [...PROTOTYPE_NAMES, ...TERMINAL_NAMES];

describe("names of prototypes' members, and with what terminals obey, in every text", () => {
  let config: string;
  const before = process.env;
  beforeAll(() => {
    config = hostileLedger(mkdtempSync(join(folder, "ledger-")), names);
    process.env = { ...before, LOG_LEVEL: "silent", APERTURE_LEDGER_SIGNING_KEY: generateKeys().privateKey, APERTURE_LEDGER_ERASURE_KEY: "a secret of this test, of enough characters" };
  });
  afterAll(() => void (process.env = before));

  test.each(commands([PROTOTYPE_NAMES[0], TERMINAL_NAMES[0]]))("%s", async (_, command) => {
    const untouched = builtIns();
    const text = await captureOutput(() => command({ config, json: false }));
    expect(OBEYED.exec(text)?.[0], text).toBeUndefined();
    const json = await captureOutput(() => command({ config, json: true }));
    expect(OBEYED.exec(json)?.[0]).toBeUndefined();
    expect(builtIns()).toBe(untouched);
  });

  test("the pages of the closed month show no name that is not spelled out", () => {
    const reports = join(config, "../lake/reports");
    const pages = readdirSync(reports, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"));
    expect(pages.length).toBeGreaterThan(names.length);
    for (const page of pages) expect(OBEYED.exec(readFileSync(join(reports, page), "utf8"))?.[0], page).toBeUndefined();
  });

  test("the closed month has every request once, and every team its own", async () => {
    const report = JSON.parse(await captureOutput(() => chargeback({ config, month: MONTH, json: true }, clock))) as { total: { requests: number; billing: { metered: { cost_usd: string } } }; by_team: { team: string }[] };
    expect(report.total.requests).toBe(names.length * (REQUESTS_PER_NAME + 1));
    expect(report.by_team.map(({ team }) => team)).toEqual(expect.arrayContaining([...names]));
  });
});
