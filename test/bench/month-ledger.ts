import { changeLedger } from "../change-ledger.ts";
import { plainLedger } from "../plain-ledger.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { boundMonth, utcDates } from "../../src/ledger/months.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import type { PriceSources } from "../../src/prices/list/price-days.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { NO_TEAMS } from "../no-teams.ts";

export const INSTANCE = "bench";
export const MONTH = boundMonth("2026-10", "UTC");
export const DAYS = utcDates(MONTH);
export const MODELS = ["opus-1", "opus-2", "sonnet-1", "sonnet-2", "haiku-1", "haiku-2"] as const;
export const REPOSITORIES = 20;

/** Shapes of an invented month. In the usual one a person has three models, two repositories and two agents; in the dense one hardly two requests are of one key. */
export const SHAPES = {
  usual: { people: 1500, teams: 100 },
  dense: { people: 5000, teams: 200 },
} as const;
export type Shape = keyof typeof SHAPES;

export function shapeOf(text: string | undefined): Shape {
  return text === "dense" ? "dense" : "usual";
}

/** What a month took. */
export interface MonthMeasured {
  /** Of the process, its start included. */
  cpuSeconds: number;
  residentMiB: number;
  /** Of what was made. */
  rows: number;
}

/** Each person is in one team, one repository is split over two, and what the machines use is spread over all teams. */
function allocationOf(shape: Shape): AllocationSettings {
  const { people, teams } = SHAPES[shape];
  return {
    ...NO_TEAMS,
    teams: [
      ...Array.from({ length: teams }, (_, team) => ({
        name: `team-${String(team)}`,
        cost_center: `CC-${String(team)}`,
        members: Array.from({ length: people / teams }, (__, member) => `user${String(member * teams + team)}@example.com`),
      })),
      { name: "platform", members: ["tag:ci"] },
    ],
    rules: [{ name: "shared repository", when: new Map([["repo", "acme/3"]]), split: new Map([["team-1", 2], ["team-2", 1]]) }],
    pools: [{ name: "shared CI", when: new Map([["team", "platform"]]), spread: "proportional" }],
  };
}

/** As in a new ledger: costs are the gateway's estimates. */
const PRICES: PriceSources = { list: compilePriceList([], "UTC"), gateways: new Map() };

/** What the jobs of a month's chargeback work with, on the lake that `month-lake.ts` writes. */
export function openMonth(folder: string, shape: Shape) {
  const lake = new FsStore(folder);
  return changeLedger(plainLedger(lake, lake), { rules: { allocation: allocationOf(shape) }, money: { prices: PRICES } });
}
