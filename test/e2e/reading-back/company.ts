import { reportMonth } from "../../../src/chargeback/report-month.ts";
import { teamChargebacks } from "../../../src/chargeback/gathering/team-chargebacks.ts";
import { parseGatewayProviders } from "../../../src/aperture/gateway/gateway-config.ts";
import type { Budget } from "../../../src/limits/budgets/budget.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { runOnce } from "../../../src/run/run-once.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../../allocation/who-pays.ts";
import { mapOf } from "../../map-of.ts";
import { type Asked, writeRequests } from "../../request-exports.ts";
import { temporaryFolder, testLedger } from "../../test-ledger.ts";
import { close } from "../closing.ts";

const GATEWAY = `{"providers": {
  "anthropic": {"baseurl": "https://api.anthropic.com", "apikey": "a", "models": ["claude-opus-4-8", "claude-haiku-4-5"]},
  "plans": {"baseurl": "https://api.anthropic.com", "auth_mode": "passthrough", "models": ["claude-opus-4-8"]},
  "openai": {"baseurl": "https://api.openai.com", "apikey": "a", "models": ["gpt-5"]},
  "own": {"baseurl": "http://100.64.0.20:8080", "tailnet": true, "models": ["qwen3"]}}}`;

const [ANN, BOB, CAROL, DAN, EVE] = ["ann@example.com", "bob@example.com", "carol@example.com", "dan@example.com", "eve@example.com"];

const ask = (by: string, at: string, dollars: number | null, model = "anthropic/claude-opus-4-8", more: Partial<Asked> = {}): Asked => ({ by, at, dollars, model, ...more });

/** What everybody does from week to week; amounts are multiples of 64 nanodollars, so that halves, quarters and discounts of them are exact. */
function week(days: readonly string[], factor: number): Asked[] {
  const dollars = (amount: number): number => Math.round((amount * factor * 1e9) / 64) * 64 / 1e9;
  return days.flatMap((day, nth) => [
    ask(ANN, `${day}T08:10:00Z`, dollars(1.234567), "anthropic/claude-opus-4-8", { repo: "acme/api", agent: "codex/1.0", session: `ann-${day}`, cached: 40 }),
    ask(ANN, `${day}T09:20:00Z`, dollars(0.004), "anthropic/claude-haiku-4-5", { repo: "acme/web", session: `ann-${day}` }),
    ask(BOB, `${day}T10:30:00Z`, dollars(2.345001), "openai/gpt-5", { agent: "codex/1.0", output: 70, session: "bob" }),
    ask(BOB, `${day}T10:40:00Z`, null, "openai/gpt-6", { repo: "acme/api" }),
    ask(BOB, `${day}T11:50:00Z`, dollars(3.3333), "plans/claude-opus-4-8", { session: `bob-plan-${day}` }),
    ask(CAROL, `${day}T12:00:00Z`, dollars(0.0149), "own/qwen3", { repo: "acme/web", agent: "aider/2", written: 30 }),
    ...(nth % 2 === 0 ? [ask(CAROL, `${day}T12:30:00Z`, dollars(5.005), "anthropic/claude-opus-4-8", { repo: "acme/gone", session: `carol-${day}` })] : []),
    ask(EVE, `${day}T13:15:00Z`, dollars(0.0062), "anthropic/claude-haiku-4-5"),
    ask("tag:ci", `${day}T02:00:00Z`, dollars(0.7777), "anthropic/claude-haiku-4-5", { repo: "acme/api", cached: 12, written: 8 }),
    ask("tag:ci,tag:web", `${day}T02:30:00Z`, dollars(0.11113), "own/qwen3"),
    ask(BOB, `${day}T14:00:00Z`, null, "openai/gpt-5", { status: 429 }),
  ]);
}

const FIRST: Asked[] = [
  ...week(["2026-07-30"], 0.5),
  ...week(["2026-08-03", "2026-08-12", "2026-08-30"], 1).filter(({ by, at }) => by !== CAROL || at > "2026-08-10"),
  ask(DAN, "2026-08-12T15:00:00Z", 4.444444416),
  // In Berlin this is September.
  ask(ANN, "2026-08-31T22:30:00Z", 0.125000064, "openai/gpt-5", { repo: "acme/api" }),
  ...week(["2026-09-02"], 1.1),
];
const LATE_JULY: Asked[] = [ask(ANN, "2026-07-31T12:00:00Z", 0.333333312, "openai/gpt-5"), ask("tag:ci", "2026-07-31T13:00:00Z", 0.055555584)];
const LATE_AUGUST: Asked[] = [
  ask(ANN, "2026-08-20T12:00:00Z", 1.000064, "anthropic/claude-opus-4-8", { repo: "acme/api", agent: "codex/1.0" }),
  ask(DAN, "2026-08-20T13:00:00Z", 0.0070016),
  ask("tag:ci", "2026-08-20T13:30:00Z", 0.64000064, "anthropic/claude-haiku-4-5", { repo: "acme/api" }),
  ask(BOB, "2026-08-20T14:00:00Z", 0.9999936, "plans/claude-opus-4-8"),
];
const REST: Asked[] = [
  ...week(["2026-09-11", "2026-09-15", "2026-09-16", "2026-09-25"], 1.3).filter(({ by, at }) => by !== EVE || at < "2026-09-20"),
  ...week(["2026-10-01", "2026-10-09"], 0.9),
  ...week(["2026-10-15"], 2.7).filter(({ by }) => by !== CAROL),
  ask(ANN, "2026-09-30T21:59:00Z", 17.000000064, "openai/gpt-5", { repo: "acme/new" }),
];

/** Days whose exports came late. */
export const LATE_DAYS = ["2026-07-31", "2026-08-20"];
export const TIMEZONE = "Europe/Berlin";
const DOLLAR = 1_000_000_000n;

export const BUDGETS: Budget[] = [
  { name: "company", scope: {}, amount: 60n * DOLLAR, per: "month" as const },
  { name: "year", scope: {}, amount: 100n * DOLLAR + 1n, per: "year" as const },
  { name: "red", scope: { team: "red" }, amount: 25n * DOLLAR, per: "month" as const },
  { name: "blue year", scope: { team: "blue" }, amount: 30n * DOLLAR, per: "year" as const },
  { name: "opus", scope: { team: "green", model: "claude-opus-*" }, amount: 3n * DOLLAR, per: "month" as const },
].map((one) => ({ ...one, scope: mapOf(one.scope), timezone: TIMEZONE, thresholds: [], forecast: true, notify: [] }));

/** Carol moves from blue to green when August is closed, for all months. */
function ledgerOf(source: string, lake: string, carol: "blue" | "green"): Ledger {
  const teams = [
    { name: "red", cost_center: "CC-1", members: [ANN], until: "2026-09-16" },
    { name: "red", cost_center: "CC-2", members: [ANN], from: "2026-09-16" },
    { name: "blue", members: [BOB, ...(carol === "blue" ? [CAROL] : [])] },
    { name: "green", cost_center: "CC-9", members: carol === "green" ? [CAROL] : [] },
    { name: "old", cost_center: "CC-8", members: [DAN] },
  ];
  const allocation = settingsOf({
    timezone: TIMEZONE,
    dimensions: { repo: "X-Github-Repository", client: "User-Agent" },
    directory: { teams },
    allocation: { pools: [{ name: "shared CI", when: { tag: "tag:ci" }, spread: "even", over: ["red", "blue"] }], adjustments: [{ name: "committed spend", when: { provider: "anthropic" }, percent: -25 }] },
  });
  const dimensions = new Map([["repo", "X-Github-Repository"], ["client", "User-Agent"]]);
  const gateway = [{ from: null, providers: parseGatewayProviders(GATEWAY, "aperture-config.hujson") }];
  return testLedger(new FsStore(source), new FsStore(lake), {
    rules: {
      allocation,
      budgets: () => BUDGETS,
      normalisingAt: (instance) => ({ instance, gateway, dimensions }),
      report: { tags: "even", dimensions: ["repo", "client"], focus: { version: "1.2", detail: "caller", formats: ["csv"], nightly: false }, secondCurrency: undefined, rates: [], company: undefined, owners: new Map(), journal: { account: "6815", accounts: new Map(), clearing: "1590" } },
    },
    work: { clock: () => new Date("2026-10-16T12:00:00Z") },
  });
}

/** Reports August, closed with a correction of July in it, September, complete and with corrections of August, and the half October. */
export async function reportMonths(lake: string): Promise<void> {
  const source = temporaryFolder();
  const before = ledgerOf(source, lake, "blue");
  const bring = async (requests: readonly Asked[], ledger: Ledger): Promise<void> => {
    writeRequests(source, requests);
    await runOnce(ledger);
  };
  await bring(FIRST, before);
  await close(before, "2026-07");
  await bring(LATE_JULY, before);
  await close(before, "2026-08");
  const after = ledgerOf(source, lake, "green");
  await bring([...LATE_AUGUST, ...REST], after);
  for (const month of ["2026-08", "2026-09", "2026-10"]) {
    const reported = await reportMonth(after, month, "without FOCUS");
    if ("open" in reported) await teamChargebacks(after.stores.lake, reported.open.report, { all: true });
  }
}
