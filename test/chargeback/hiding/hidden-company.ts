import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { teamChargebacks } from "../../../src/chargeback/gathering/team-chargebacks.ts";
import type { Privacy } from "../../../src/chargeback/hiding/privacy.ts";
import { type OpenReport, reportMonth } from "../../../src/chargeback/report-month.ts";
import { reportPseudonym } from "../../../src/ledger/names/report-pseudonym.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../../allocation/who-pays.ts";
import { keysOf } from "../../keys-of.ts";
import { plainLedger } from "../../plain-ledger.ts";
import { query } from "../../query.ts";
import { type Asked, writeRequests } from "../../request-exports.ts";
import { decodedForms } from "../../spelled-login.ts";
import { exportsIn, ingestedLake, temporaryFolder, testLedger } from "../../test-ledger.ts";

/** Six people of one team. */
export const CORE = ["quilla", "wexford", "umbriel", "vesper", "xanthe", "yarrow"];
const DUO = ["dorsey", "delphi"];
const GROWN = ["aldous", "bertram", "cicely", "dunstan", "ethelred"];
const SHRUNK = ["fenwick", "gawain", "hestia", "ignatz", "jocasta"];
/** Everything by which somebody may be recognised: the names in logins, and what devices and sessions are called. */
export const DISTINCTIVE = [...CORE, ...DUO, ...GROWN, ...SHRUNK, "hermit", "stray", "macbook", "corp.example"];

export function login(name: string): string {
  return `${name}@corp.example`;
}

export const PRIVACY: Privacy = { smallestGroup: 5, key: Buffer.from("a secret of the tests, long enough for a key") };

const TEAMS = settingsOf({
  directory: {
    teams: [
      { name: "core", cost_center: "CC-1", members: [...CORE.map(login), "tag:ci"] },
      { name: "duo", members: DUO.map(login) },
      { name: "solo", members: [login("hermit")] },
      { name: "grown", members: GROWN.map(login) },
      { name: "shrunk", members: SHRUNK.map(login) },
    ],
  },
  allocation: { rules: [{ name: `what ${login("Hermit")} asks`, when: { caller: login("hermit") }, team: "solo" }] },
});

const SONNET = "anthropic/claude-sonnet-4-5";

/**
 * October: core owes 128 (six people 1 each in `acme/web` and in `acme/umbriel%40corp.example`, 1 each of another model in a fork that names a
 * login, quilla 7 of a model that only she uses, wexford 3 on a Sunday, tag:ci 100), duo 30, solo 40, nobody's team 5. November: core 12.
 */
export const REQUESTS: readonly Asked[] = [
  ...CORE.flatMap((name): Asked[] => [
    { by: login(name), at: "2026-10-05T10:00:00Z", repo: "acme/web", agent: "claude-cli/2.0 (external)", session: `session-of-${name}`, node: `${name}-macbook` },
    { by: login(name), at: "2026-10-06T10:00:00Z", repo: "acme/umbriel%40Corp.example" },
    { by: login(name), at: "2026-10-06T11:00:00Z", repo: `acme/fork-of-${login("UMBRIEL")}`, model: SONNET },
    { by: login(name), at: "2026-11-05T10:00:00Z", repo: "acme/web", dollars: 2 },
  ]),
  { by: login("quilla"), at: "2026-10-05T11:00:00Z", dollars: 7, repo: "quilla/notes", model: "anthropic/claude-odd-9", agent: "quillas-own-tool/1.0" },
  { by: login("wexford"), at: "2026-10-11T11:00:00Z", dollars: 3, repo: "acme/web" },
  { by: "tag:ci", at: "2026-10-05T09:00:00Z", dollars: 100, repo: "acme/web" },
  { by: login("dorsey"), at: "2026-10-05T12:00:00Z", dollars: 10, repo: "acme/web" },
  { by: login("delphi"), at: "2026-10-05T13:00:00Z", dollars: 20, repo: "acme/web" },
  { by: login("hermit"), at: "2026-10-05T14:00:00Z", dollars: 40, repo: "hermit%2Fcave", session: "hermit-macbook-1", node: "hermit-macbook" },
  { by: login("stray"), at: "2026-10-05T15:00:00Z", dollars: 5 },
];

/** A repository called after somebody who has usage in September only, and is in no team. */
const FORK = `acme/fork-of-${login("stray")}`;

const each = (names: readonly string[], at: string, dollars: number, session = false): Asked[] => names.map((name) => ({ by: login(name), at, dollars, repo: FORK, ...(session && { session: `session-of-${name}-${at}` }) }));

/**
 * Two whole months, all of one model in one repository. Of core, six people 2 each in September, then 3 each, in a session each, and quilla 10 more without one; tag:ci 5 in
 * each month. Teams of few people in both months: duo 4, then 9; solo 1, then 30. In one of them: grown 8, then 20; shrunk 10, then 1; stray 3, then nothing.
 */
export const TWO_MONTHS: readonly Asked[] = [
  ...each(CORE, "2026-09-01T10:00:00Z", 2, true),
  ...each(CORE, "2026-10-31T10:00:00Z", 3, true),
  ...each(["quilla"], "2026-10-05T10:00:00Z", 10),
  ...each(["dorsey"], "2026-09-05T10:00:00Z", 4),
  ...each(["dorsey"], "2026-10-05T11:00:00Z", 9),
  ...each(["hermit"], "2026-09-05T11:00:00Z", 1),
  ...each(["hermit"], "2026-10-05T12:00:00Z", 30),
  ...each(["aldous"], "2026-09-05T12:00:00Z", 8),
  ...each(GROWN, "2026-10-06T10:00:00Z", 4),
  ...each(SHRUNK, "2026-09-06T10:00:00Z", 2),
  ...each(["fenwick"], "2026-10-06T11:00:00Z", 1),
  ...each(["stray"], "2026-09-06T11:00:00Z", 3),
  { by: "tag:ci", at: "2026-09-06T12:00:00Z", dollars: 5, repo: FORK },
  { by: "tag:ci", at: "2026-10-06T12:00:00Z", dollars: 5, repo: FORK },
];

/** A lake of these requests, and a ledger over it whose reports hide people. */
export async function hiddenCompany(privacy: Privacy | undefined = PRIVACY, requests: readonly Asked[] = REQUESTS): Promise<{ ledger: Ledger; lake: FsStore; source: string; folder: string }> {
  const source = temporaryFolder();
  writeRequests(source, requests);
  const folder = await ingestedLake(exportsIn(source), { name: "people to hide", changes: { rules: { allocation: TEAMS } } });
  const lake = new FsStore(folder);
  return { source, folder, lake, ledger: companyLedger(source, lake, privacy) };
}

export function companyLedger(source: string, lake: FsStore, privacy: Privacy | undefined): Ledger {
  const exports = new FsStore(source);
  const report = { ...plainLedger(exports, lake).rules.report, tags: "even", dimensions: ["repo"], focus: { version: "1.4", detail: "caller", formats: ["parquet", "csv", "csv.gz"], nightly: false }, ...(privacy && { privacy }) } as const;
  return testLedger(exports, lake, { rules: { allocation: TEAMS, report } });
}

/** Keys of files in which somebody can be recognised, and by what. Reads files as their readers do, and takes off encodings. */
export async function recognised(folder: string, prefix: string, names: readonly string[] = DISTINCTIVE): Promise<string[]> {
  const lake = new FsStore(folder);
  const found: string[] = [];
  for (const key of await keysOf(lake, prefix)) {
    const text = await textOf(folder, lake, key);
    const forms = [key, ...decodedForms(text)].map((form) => form.toLowerCase());
    found.push(...names.filter((name) => forms.some((form) => form.includes(name))).map((name) => `${key}: ${name}`));
  }
  return found;
}

/** Without what a close is checked with, which names people as tables do. */
export async function recognisedInReports(folder: string, prefix: string): Promise<string[]> {
  return (await recognised(folder, prefix)).filter((found) => !/\/closed-[0-9a-f]+\/(?:allocations\.parquet|settings\.json|usage\/.*): /.test(found));
}

/** Reports an open month, and each of its teams. */
export async function reportAll(ledger: Ledger, month: string): Promise<void> {
  const { open } = (await reportMonth(ledger, month)) as OpenReport;
  await teamChargebacks(ledger.stores.lake, open.report, { all: true });
}

export async function jsonOf(lake: FsStore, key: string): Promise<Record<string, never>> {
  return JSON.parse(Buffer.from(await lake.read(key)).toString()) as Record<string, never>;
}

export function person(name: string): string {
  return reportPseudonym(login(name), PRIVACY.key);
}

async function textOf(folder: string, lake: FsStore, key: string): Promise<string> {
  const bytes = Buffer.from(await lake.read(key));
  if (key.endsWith(".gz")) return gunzipSync(bytes).toString();
  if (key.endsWith(".xlsx")) return Object.values(unzipSync(bytes)).map((sheet) => Buffer.from(sheet).toString()).join("\n");
  const raw = bytes.toString("latin1");
  return key.endsWith(".parquet") ? raw + JSON.stringify(await query(`FROM read_parquet('${folder}/${key}')`)) : bytes.toString() + raw;
}
