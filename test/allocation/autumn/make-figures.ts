import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { decodeFirst } from "cborg";
import { fixture } from "../../fixtures.ts";

/**
 * Works out who pays for the autumn exports by aperture-ledger.yaml and the policy beside the exports, once more: with another
 * decoder, with the directory written out by hand, and with nothing of `src/`. `npm run figures` writes figures.json.
 */

interface RecordRead {
  timestamp: string;
  identity: { login_name?: string; tags?: string[] };
  model: string;
  usage: Record<string, number>;
  estimated_cost?: { dollars: number };
  capture_id: string;
  session_id: string;
  capture?: { requestHeaders?: Record<string, string[]> | null } | null;
}

/** What is split by itself: usage of one quarter of an hour that is alike. All amounts in billionths. */
interface Slot {
  month: string;
  day: string;
  caller: string;
  tags: string[];
  repo: string;
  model: string;
  cost: bigint | null;
  requests: bigint;
  unpriced: bigint;
  sessions: Set<string>;
  /** In, out, from and into the cache. */
  tokens: bigint;
}

export interface Figures {
  usage: bigint;
  adjustments: bigint;
  owed: bigint;
  list_value: bigint;
  requests: bigint;
  unpriced: bigint;
}

/** What a team's usage is made of; the costs are those of the usage, list values among them. */
interface Details {
  days: Map<string, bigint>;
  /** As recorded. */
  models: Map<string, bigint>;
  persons: Set<string>;
  sessions: Set<string>;
}

const BILLION = 1_000_000_000n;
const QUARTER_HOUR = 900_000;
const UNALLOCATED = "(unallocated)";

/** The policy file, read by eye: user18 to user23 are in no group, group:ai-users is ignored. */
const payments = ["user00", "user01", "user02", "user03", "user04", "user05"];
const web = ["user06", "user07", "user08", "user09"];
const research = ["user10", "user11", "user12", "user13", "user14"];
const platform = ["user15", "user16", "user17"];

function readRecords(): RecordRead[] {
  const folder = fixture("autumn")!;
  const byCapture = new Map<string, RecordRead>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".zstd")).toSorted()) {
    let rest: Uint8Array = zstdDecompressSync(readFileSync(join(folder, name)));
    while (rest.length > 0) {
      const [record, left] = decodeFirst(rest) as [RecordRead, Uint8Array];
      byCapture.set(record.capture_id, record);
      rest = left;
    }
  }
  return [...byCapture.values()];
}

function cutIntoSlots(records: readonly RecordRead[]): Slot[] {
  const slots = new Map<string, Slot>();
  for (const { timestamp, identity, model, usage, estimated_cost, session_id, capture } of records) {
    const login = (identity.login_name ?? "").toLowerCase();
    const tags = (identity.tags ?? (login.startsWith("tag:") ? login.split(",") : [])).toSorted();
    const caller = tags.length > 0 ? tags.join(",") : login;
    const repo = capture?.requestHeaders?.["X-Github-Repository"]?.[0] ?? "";
    const number = Math.floor(Date.parse(timestamp) / QUARTER_HOUR);
    const id = JSON.stringify([number, caller, repo, model]);
    const day = new Date(number * QUARTER_HOUR).toISOString().slice(0, 10);
    const slot = slots.get(id) ?? { month: day.slice(0, 7), day, caller, tags, repo, model, cost: null, requests: 0n, unpriced: 0n, sessions: new Set(), tokens: 0n };
    const counted = Object.values(usage).some((count) => count > 0);
    if (estimated_cost !== undefined) slot.cost = (slot.cost ?? 0n) + BigInt(Math.round(estimated_cost.dollars * 1e9));
    else if (counted) slot.unpriced += BILLION;
    slot.requests += BILLION;
    slot.sessions.add(session_id);
    for (const kind of ["input_tokens", "output_tokens", "cached_tokens", "cache_creation_input_tokens"]) slot.tokens += BigInt(usage[kind] ?? 0);
    slots.set(id, slot);
  }
  return [...slots.values()];
}

/** Largest remainder, ties by name. */
function share(total: bigint, weights: Record<string, bigint>): Record<string, bigint> {
  const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0n);
  const parts = Object.entries(weights).map(([name, weight]) => ({ name, part: (total * weight) / all, rest: (total * weight) % all }));
  const left = Number(total - parts.reduce((sum, { part }) => sum + part, 0n));
  const first = parts.toSorted((a, b) => (a.rest === b.rest ? (a.name < b.name ? -1 : 1) : a.rest > b.rest ? -1 : 1)).slice(0, left);
  return Object.fromEntries(parts.map((one) => [one.name, one.part + (first.includes(one) ? 1n : 0n)]));
}

/** Weights of the teams that pay for a usage before anything is spread. */
function teamsOf({ caller, tags, repo, day }: Slot): Record<string, bigint> {
  // Of the owners of both tags the one that is first in the configuration or, after that, in the policy.
  if (tags.includes("tag:prod")) return { [tags.includes("tag:api") ? "payments" : tags.includes("tag:batch") ? "research" : "platform"]: 1n };
  if (tags.includes("tag:ci")) return { [repo === "acme/payments" ? "payments" : repo === "acme/web" ? "web" : UNALLOCATED]: 1n };
  if (tags.length > 0) throw new Error(`what becomes of ${caller} is not worked out here`);
  const name = caller.replace("@example.com", "");
  if (name === "user05" && day >= "2026-10-12") return { payments: 70n, web: 30n };
  if (name === "user18" && day >= "2026-10-12") return { web: 1n };
  const team = Object.entries({ payments, web, research, platform }).find(([, members]) => members.includes(name));
  return { [team?.[0] ?? UNALLOCATED]: 1n };
}

function isPooled({ tags }: Slot): boolean {
  return tags.includes("tag:prod");
}

function isSubscription({ model }: Slot): boolean {
  return model.startsWith("anthropic-passthrough/");
}

/** The first record is of the 15th of September, which has 30 days: only these days are known of both months. */
function isCompared({ day }: Slot): boolean {
  return day.slice(-2) >= "15" && day.slice(-2) <= "30";
}

function isAnthropic({ model }: Slot): boolean {
  return /^(?:anthropic\/)?claude-/.test(model);
}

class Books {
  readonly teams = new Map<string, Figures>();
  readonly tags = new Map<string, bigint>();
  readonly repos = new Map<string, bigint>();
  readonly details = new Map<string, Details>();
  /** What is owed for a model, as recorded, for the days that are compared. */
  readonly owed = new Map<string, bigint>();

  book(slot: Slot, team: string, cost: bigint | null, requests: bigint, unpriced: bigint): void {
    const figures = this.teams.get(team) ?? { usage: 0n, adjustments: 0n, owed: 0n, list_value: 0n, requests: 0n, unpriced: 0n };
    this.teams.set(team, figures);
    figures.requests += requests;
    figures.unpriced += unpriced;
    figures.usage += cost ?? 0n;
    this.#note(slot, team, cost ?? 0n);
    if (isSubscription(slot)) {
      figures.list_value += cost ?? 0n;
      return;
    }
    const tenth = isAnthropic(slot) && slot.day >= "2026-10-10" ? -(((cost ?? 0n) + 5n) / 10n) : 0n;
    figures.adjustments += tenth;
    figures.owed += (cost ?? 0n) + tenth;
    if (isCompared(slot)) this.owed.set(slot.model, (this.owed.get(slot.model) ?? 0n) + (cost ?? 0n) + tenth);
  }

  #note(slot: Slot, team: string, cost: bigint): void {
    const details = this.details.get(team) ?? { days: new Map(), models: new Map(), persons: new Set(), sessions: new Set() };
    this.details.set(team, details);
    details.days.set(slot.day, (details.days.get(slot.day) ?? 0n) + cost);
    details.models.set(slot.model, (details.models.get(slot.model) ?? 0n) + cost);
    if (slot.tags.length === 0) details.persons.add(slot.caller);
    for (const session of slot.sessions) details.sessions.add(session);
  }
}

/** Everything of a month, by the tags first and then by the teams. */
function workOut(slots: readonly Slot[]): Books {
  const books = new Books();
  const pooled: [Slot, bigint, bigint, bigint][] = [];
  const direct: Record<string, bigint> = { payments: 0n, web: 0n, research: 0n };
  for (const slot of slots) {
    if (slot.tags.includes("tag:ci")) books.repos.set(slot.repo, (books.repos.get(slot.repo) ?? 0n) + (slot.cost ?? 0n));
    const tags = slot.tags.length === 0 ? ["(untagged)"] : slot.tags;
    const even = Object.fromEntries(tags.map((tag) => [tag, 1n]));
    const [costs, requests, unpriced] = [share(slot.cost ?? 0n, even), share(slot.requests, even), share(slot.unpriced, even)];
    for (const tag of tags) {
      books.tags.set(tag, (books.tags.get(tag) ?? 0n) + costs[tag]!);
      const weights = teamsOf(slot);
      const [ofTeams, asked, missing] = [share(costs[tag]!, weights), share(requests[tag]!, weights), share(unpriced[tag]!, weights)];
      for (const team of Object.keys(weights)) {
        if (team in direct && !isSubscription(slot)) direct[team]! += ofTeams[team]!;
        if (isPooled(slot)) pooled.push([slot, ofTeams[team]!, asked[team]!, missing[team]!]);
        else books.book(slot, team, ofTeams[team]!, asked[team]!, missing[team]!);
      }
    }
  }
  for (const [slot, cost, requests, unpriced] of pooled) {
    const [costs, asked, missing] = [share(cost, direct), share(requests, direct), share(unpriced, direct)];
    for (const team of Object.keys(direct)) books.book(slot, team, costs[team]!, asked[team]!, missing[team]!);
  }
  return books;
}

function decimal(billionths: bigint): string {
  const digits = (billionths < 0n ? -billionths : billionths).toString().padStart(10, "0");
  return `${billionths < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

function sorted(figures: Map<string, bigint>): Record<string, string> {
  return Object.fromEntries([...figures].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, amount]) => [name, decimal(amount)]));
}

function describe(details: Map<string, Details>): MonthFigures["details"] {
  const byTeam = [...details].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    byTeam.map(([team, { persons, sessions, days, models }]) => [team, { persons: persons.size, sessions: sessions.size, days: sorted(days), models: sorted(models) }]),
  );
}

interface Owed {
  cost: bigint;
  tokens: bigint;
}

/** By model, what nobody owes left out. */
function owedByModel(slots: readonly Slot[], { owed }: Books): Map<string, Owed> {
  const models = new Map<string, Owed>();
  for (const slot of slots.filter((one) => !isSubscription(one))) {
    const { tokens } = models.get(slot.model) ?? { tokens: 0n };
    models.set(slot.model, { cost: owed.get(slot.model) ?? 0n, tokens: tokens + slot.tokens });
  }
  return models;
}

/** Why the month owes something else than the one before, by docs/chargeback.md; to within a nanodollar. */
function explain(before: Map<string, Owed>, now: Map<string, Owed>): Record<"before" | "now" | "price" | "volume" | "mix", string> {
  const add = (models: Map<string, Owed>, what: keyof Owed): bigint => [...models.values()].reduce((sum, model) => sum + model[what], 0n);
  const [cost, tokens] = [add(before, "cost"), add(before, "tokens")];
  const volume = ((add(now, "tokens") - tokens) * cost) / tokens;
  const price = [...now].reduce((sum, [name, model]) => {
    const past = before.get(name);
    return past === undefined ? sum : sum + model.cost - (model.tokens * past.cost) / past.tokens;
  }, 0n);
  const change = add(now, "cost") - cost;
  const figures = { before: cost, now: add(now, "cost"), price, volume, mix: change - price - volume };
  return Object.fromEntries(Object.entries(figures).map(([name, amount]) => [name, decimal(amount)])) as ReturnType<typeof explain>;
}

interface MonthFigures {
  /** Against the same days of the month before. */
  change: Record<string, string> | null;
  teams: Record<string, Record<string, string>>;
  tags: Record<string, string>;
  ci: Record<string, string>;
  details: Record<string, { persons: number; sessions: number; days: Record<string, string>; models: Record<string, string> }>;
}

/** By month: figures by team, usage by tag, usage of `tag:ci` by repository, and details by team; amounts with nine decimals. */
export function makeFigures(): Record<string, MonthFigures> {
  const months = Map.groupBy(cutIntoSlots(readRecords()), ({ month }) => month);
  let before: Map<string, Owed> | undefined;
  return Object.fromEntries(
    [...months].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([month, slots]) => {
      const books = workOut(slots);
      const now = owedByModel(slots.filter(isCompared), books);
      const change = before === undefined ? null : explain(before, now);
      before = now;
      const { teams, tags, repos, details } = books;
      const byTeam = [...teams].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const figures = byTeam.map(([team, of]): [string, Record<string, string>] => [team, sorted(new Map(Object.entries(of) as [string, bigint][]))]);
      return [month, { change, teams: Object.fromEntries(figures), tags: sorted(tags), ci: sorted(repos), details: describe(details) }];
    }),
  );
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, "figures.json"), `${JSON.stringify(makeFigures(), null, 2)}\n`);
