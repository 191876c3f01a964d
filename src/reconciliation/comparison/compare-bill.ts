import { type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { type BillLine, TOKEN_TYPES, type TokenType } from "./bill.ts";
import type { Bill, Coverage } from "./combine-bills.ts";
import { type Charge, compareCharges } from "./compare-charges.ts";
import { LIST_VALUES, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { addCounts, addSplit, type Counts, foldTypes, NO_COST, NO_COUNTS, type SlotUsage, type SplitCost } from "./slot-usage.ts";

/** Figures of bill and ledger. */
export interface Both {
  bill: bigint;
  ledger: bigint;
}

interface Count extends Both {
  type: TokenType;
}

/** Usage and bill of a model on a UTC day. */
export interface Cell {
  date: string;
  provider: string;
  /** The gateway or the workspace; null where they are not distinguished. */
  scope: string | null;
  model: string;
  /** Counts of the types that the bill counts; empty where the bill has no counts. */
  counts: readonly Count[];
  /** Null where the bill has no amounts; amounts that differ by at most `tolerance` agree. */
  cost: { bill: Nanodollars; ledger: Nanodollars; tolerance: Nanodollars } | null;
  /** The value of the usage where the bill says that a commitment pays for some of it. */
  effective: Nanodollars | null;
  /** Whether the bill has an amount for this model on that day, possibly 0. */
  isBilled: boolean;
  /** Money by type, in order of `TOKEN_TYPES`, `all`, `other`. */
  charges: readonly Charge[];
  ledger: LedgerFacts;
}

/** Further facts of the ledger about a cell. */
interface LedgerFacts {
  requests: bigint;
  unpriced: bigint;
  /** Counts before the types that the bill does not count were added to the input. */
  counts: Counts;
  /** Cost that no list price divides by type. */
  unsplit: Nanodollars;
  /** Usage that callers paid for themselves: it is not on our bill. */
  byCallers: Readonly<Record<ListValueBilling, CallersUse>>;
}

export interface CallersUse {
  requests: bigint;
  counts: Counts;
  cost: Nanodollars;
}

interface Matching {
  /** Gateway by workspace or project; empty: they are not distinguished. `default` is the one without an id. */
  workspaces: ReadonlyMap<string, string>;
  /** The canonical name of a model. */
  nameModel: (recorded: string) => string;
}

export interface Comparison {
  matching: Matching;
  bill: Bill;
  usage: readonly SlotUsage[];
  /** UTC dates that are compared. */
  dates: ReadonlySet<string>;
  /** Milliseconds by which the bill's days begin before UTC days. */
  offset: number;
}

export const NO_USE: CallersUse = { requests: 0n, counts: NO_COUNTS, cost: 0n };
const NO_FACTS: LedgerFacts = { requests: 0n, unpriced: 0n, counts: NO_COUNTS, unsplit: 0n, byCallers: { subscription: NO_USE, caller_key: NO_USE } };

/** Every day, gateway and model in the bill or the ledger, in order. */
export function compareBill(comparison: Comparison): Cell[] {
  const { bill, dates } = comparison;
  const scopeOf = scopes(comparison);
  const used = sumByCell(comparison, scopeOf);
  const billed = Map.groupBy(attributeSearches(comparison, scopeOf, used), ({ id }) => id);
  const ids = [...new Set([...used.keys(), ...billed.keys()])].sort();
  return ids.flatMap((id) => {
    const lines = billed.get(id) ?? [];
    const name = used.get(id)?.name ?? lines[0]?.name;
    const coverage = bill.coverage.get(name?.provider ?? "");
    if (name === undefined || coverage === undefined || !dates.has(name.date)) return [];
    return cellOf(lines.map(({ line }) => line), used.get(id) ?? { name, ...NOTHING_USED }, coverage);
  });
}

type CellName = Pick<Cell, "date" | "provider" | "scope" | "model">;
type Used = Omit<LedgerFacts, "unsplit"> & { name: CellName; cost: Nanodollars; split: SplitCost };

const NOTHING_USED: Omit<Used, "name"> = { ...NO_FACTS, cost: 0n, split: NO_COST };

function idOf({ date, provider, scope, model }: CellName): string {
  return JSON.stringify([date, provider, scope, model]);
}

/** A charge for neither tokens nor searches is not a cost of a model's requests, even where the bill names it like the model. */
function idOfOther(name: CellName): string {
  return `${idOf(name)} other`;
}

interface Scopes {
  ofGateway: (provider: string, instance: string) => string | null;
  ofWorkspace: (provider: string, workspace: string | null) => string | null;
}

/** Workspaces are distinguished where the provider's bill names one that is configured. */
function scopes({ bill, matching: { workspaces } }: Comparison): Scopes {
  const told = new Set(bill.lines.flatMap(({ provider, workspace }) => (workspace !== null && workspaces.has(workspace) ? [provider] : [])));
  return {
    ofGateway: (provider, instance) => (told.has(provider) ? instance : null),
    ofWorkspace: (provider, workspace) => (told.has(provider) ? (workspaces.get(workspace ?? "default") ?? `workspace ${workspace ?? "default"}`) : null),
  };
}

function sumByCell({ usage, offset }: Comparison, { ofGateway }: Scopes): Map<string, Used> {
  const sums = new Map<string, Used>();
  for (const { slot, instance, provider, model, billing, requests, unpriced, counts, cost, split } of usage) {
    const date = new Date(slot + offset).toISOString().slice(0, 10);
    const name = { date, provider, scope: ofGateway(provider, instance), model };
    const id = idOf(name);
    const known = sums.get(id) ?? { name, ...NOTHING_USED };
    const { byCallers } = known;
    sums.set(
      id,
      billing === "metered"
        ? { ...known, requests: known.requests + requests, unpriced: known.unpriced + unpriced, counts: addCounts(known.counts, counts), cost: known.cost + cost, split: addSplit(known.split, split) }
        : { ...known, byCallers: { ...byCallers, [billing]: addUse(byCallers[billing], { requests, counts, cost }) } },
    );
  }
  return sums;
}

export function addUse(a: CallersUse, b: CallersUse): CallersUse {
  return { requests: a.requests + b.requests, counts: addCounts(a.counts, b.counts), cost: a.cost + b.cost };
}

interface Placed {
  id: string;
  name: CellName;
  line: BillLine;
}

/**
 * The bill's lines by cell. Charges for searches without a model are divided among the models that searched, by the counts of the
 * bill, or of the ledger where the bill has none.
 */
function attributeSearches({ bill, matching: { nameModel } }: Comparison, { ofWorkspace }: Scopes, used: ReadonlyMap<string, Used>): Placed[] {
  const placed = bill.lines.map((line): Placed => {
    const { date, provider, workspace, type, model: spelled } = line;
    const name = { date, provider, scope: ofWorkspace(provider, workspace), model: type === "other" ? spelled : nameModel(spelled) };
    return { id: type === "other" ? idOfOther(name) : idOf(name), name, line };
  });
  const isOfNoModel = ({ line }: Placed): boolean => line.type === "web_search" && line.model === "web_search";
  return placed.flatMap((one): Placed[] => {
    if (!isOfNoModel(one)) return [one];
    const { name, line } = one;
    const counted = placed.filter((other) => isSamePlace(other.name, name) && other.line.type === "web_search" && other.line.tokens !== null);
    const searches = counted.length > 0 ? counted.map((other) => ({ name: other.name.model, weight: other.line.tokens ?? 0n })) : searchesOf(used, name);
    const searching = searches.filter(({ weight }) => weight > 0n);
    if (searching.length === 0) return [one];
    const parts = splitByLargestRemainder(line.cost ?? 0n, searching);
    return searching.map(({ name: model }, index) => {
      const ofModel = { ...name, model };
      return { id: idOf(ofModel), name: ofModel, line: { ...line, model, cost: parts[index] ?? 0n } };
    });
  });
}

function searchesOf(used: ReadonlyMap<string, Used>, place: CellName): { name: string; weight: bigint }[] {
  const here = [...used.values()].filter(({ name }) => isSamePlace(name, place));
  const own = here.map(({ name, counts }) => ({ name: name.model, weight: counts.web_search }));
  if (own.some(({ weight }) => weight > 0n)) return own;
  return here.map(({ name, byCallers }) => ({ name: name.model, weight: LIST_VALUES.reduce((all, kind) => all + byCallers[kind].counts.web_search, 0n) }));
}

function isSamePlace(a: CellName, b: CellName): boolean {
  return a.date === b.date && a.provider === b.provider && a.scope === b.scope;
}

function cellOf(lines: readonly BillLine[], { name, cost, split, ...used }: Used, coverage: Coverage): Cell[] {
  const { countedDays, countedTypes, chargedDays, chargedTypes } = coverage;
  const isCounted = countedDays.has(name.date);
  const isCharged = chargedDays.has(name.date);
  const onlyByCallers = lines.length === 0 && used.requests === 0n;
  if ((!isCounted && !isCharged) || onlyByCallers) return [];
  const ledger = { ...used, unsplit: split.unsplit };
  // Parts in another currency cannot be added, so the dollars would not be all of the model's money on that day.
  const isComparable = isCharged && lines.every(({ foreign }) => foreign === undefined);
  const types = TOKEN_TYPES.filter((type) => isCounted && countedTypes.has(type));
  const comparable = foldTypes(ledger.counts, countedTypes);
  const charged = lines.filter((line) => line.cost !== null);
  return [
    {
      ...name,
      counts: types.map((type) => ({ type, bill: lines.reduce((all, line) => all + (line.type === type ? (line.tokens ?? 0n) : 0n), 0n), ledger: comparable[type] })),
      cost: isComparable ? { bill: sumCosts(charged), ledger: cost, tolerance: charged.reduce((all, { rounding }) => all + rounding + 1n, ledger.requests) } : null,
      effective: lines.some(({ effective }) => effective !== undefined) ? charged.reduce((all, line) => all + (line.effective ?? line.cost ?? 0n), 0n) : null,
      isBilled: isComparable && charged.length > 0,
      charges: isComparable ? compareCharges(charged, { split, requests: ledger.requests }, chargedTypes) : [],
      ledger,
    },
  ];
}

function sumCosts(lines: readonly BillLine[]): Nanodollars {
  return lines.reduce((all, { cost }) => all + (cost ?? 0n), 0n);
}

/** Whether bill and ledger agree, amounts within the precision of the bill. */
export function agrees(cell: Cell): boolean {
  return countsAgree(cell) && costAgrees(cell);
}

export function countsAgree({ counts }: Cell): boolean {
  return counts.every(({ bill, ledger }) => bill === ledger);
}

export function costAgrees({ cost }: Cell): boolean {
  if (cost === null) return true;
  const difference = cost.bill - cost.ledger;
  return difference <= cost.tolerance && -difference <= cost.tolerance;
}
