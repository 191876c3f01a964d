import { acceptanceOf } from "../chain/acceptance.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import type { NotedRecord } from "../chain/noted-records.ts";
import { type Finding, finding, type Note } from "../verifier/finding.ts";
import type { GatewayView } from "../verifier/verify-gateway.ts";
import type { Unreadable } from "../../lake/json-object.ts";
import { isSettledBy, listMoneyRecords, type MoneyRecord } from "../../lake/records/money-records.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { isOlderThan } from "../sealing/note-records.ts";

export interface CheckedRecords {
  findings: Finding[];
  notes: Note[];
  notChecked: string[];
  /** Number of records that the digests note. */
  noted: number;
}

/** Up to this many are named; the rest is counted. */
const MOST_NAMED = 20;

/**
 * Compares the records that decide who owes what with what the digests noted. An altered or missing record is a finding, and so is a
 * record dated before digests that do not note it. Newer records are not vouched for yet.
 */
export async function checkRecords(lake: ObjectStore, views: readonly GatewayView[]): Promise<CheckedRecords> {
  const checked: CheckedRecords = { findings: [], notes: [], notChecked: [], noted: 0 };
  // Records that concern all gateways are in every chain: one finding is enough, and so is one chain that notes the record.
  const outcomes = new Map<string, Finding | "vouched for" | "new" | "unknown">();
  const accepted = new Map<string, string>();
  for (const view of views) await checkGateway(lake, view, outcomes, accepted);
  const keysOf = (outcome: unknown): string[] => [...outcomes].flatMap(([key, one]) => (one === outcome ? [key] : [])).sort();
  checked.findings.push(...[...outcomes.values()].filter((one) => typeof one === "object"));
  checked.noted = outcomes.size - keysOf("new").length - keysOf("unknown").length;
  checked.notes.push(...nameFew(keysOf("new"), "was written after the last digest and is not vouched for yet"), ...[...accepted].map(([key, text]) => ({ key, text })));
  const unknown = keysOf("unknown").length;
  if (unknown > 0) checked.notChecked.push(`${String(unknown)} snapshots of configurations and policies and true-ups: no digest notes records yet; the next one does`);
  return checked;
}

async function checkGateway(
  lake: ObjectStore,
  { chain: { instance, digests }, events }: GatewayView,
  outcomes: Map<string, Finding | "vouched for" | "new" | "unknown">,
  accepted: Map<string, string>,
): Promise<void> {
  const verified = events.events.map(({ event }) => event);
  const noting = digests.filter(({ document }) => document.header.records !== undefined);
  const until = noting.findLast(({ document: { header } }) => header.sealed_at.startsWith(header.date))?.document.header.sealed_at;
  const unread: Unreadable[] = [];
  const records = new Map((await listMoneyRecords(lake, instance, (one) => void unread.push(one))).map((record) => [record.key, record]));
  const known = new Set<string>();
  const note = (key: string, outcome: Finding | "vouched for" | "new" | "unknown"): void => {
    const before = outcomes.get(key);
    if (before === undefined || before === "unknown" || before === "new" || typeof outcome === "object") outcomes.set(key, outcome);
  };
  for (const { key: by, document: { header } } of noting) {
    for (const one of header.records ?? []) {
      known.add(one.key);
      note(one.key, checkNoted({ instance, by, date: header.date, one, there: records.get(one.key) }, { until, later: laterOf(one.key, header.date, noting), verified, accepted }));
    }
  }
  for (const record of records.values()) {
    if (known.has(record.key)) continue;
    note(record.key, noting.length === 0 ? "unknown" : checkUnnoted(instance, record, until, verified, accepted));
  }
  for (const { key, problem } of unread) note(key, finding(known.has(key) ? "record_altered" : "record_added", { instance, key, what: `is not a valid record: ${problem}` }));
}

interface NotedBy {
  instance: string;
  /** Key and day of the digest. */
  by: string;
  date: string;
  one: NotedRecord;
  there: MoneyRecord | undefined;
}

/** What the digests after that day note about a record. */
function laterOf(key: string, date: string, noting: GatewayView["chain"]["digests"]): NotedRecord[] {
  return noting.flatMap(({ document: { header } }) => (header.date > date ? (header.records ?? []).filter((one) => one.key === key) : []));
}

function checkNoted(
  { instance, by, date, one, there }: NotedBy,
  { until, later, verified, accepted }: { until: string | undefined; later: readonly NotedRecord[]; verified: readonly ArchiveEvent[]; accepted: Map<string, string> },
): Finding | "vouched for" | "new" {
  const { key, sha256: expected } = one;
  const found = there?.sha256 ?? null;
  const next = later[0]?.sha256;
  // If a later digest notes a different hash, that one is compared with the record itself; this checks whether the change was allowed.
  const now = next === undefined ? found : next;
  if (now === expected) return "vouched for";
  const acceptance = acceptanceOf(verified, { key, sha256: now });
  if (acceptance !== undefined) {
    accepted.set(key, `is not what ${by} notes; ${acceptance.by} accepted it at ${acceptance.at}: ${acceptance.reason}`);
    return "vouched for";
  }
  // A record dated before the newest digest was not written while it could still be replaced.
  if (!isSettledBy(key, date) && now !== null && (there === undefined || !isOlderThan(there, until))) return next === undefined ? "new" : "vouched for";
  const what = now === null ? `is missing, but existed when ${by} was sealed` : `is not what it was when ${by} was sealed`;
  return finding("record_altered", { instance, key, what, expected, found: now });
}

function checkUnnoted(instance: string, record: MoneyRecord, until: string | undefined, verified: readonly ArchiveEvent[], accepted: Map<string, string>): Finding | "vouched for" | "new" {
  const { key, sha256, at } = record;
  if (!isOlderThan(record, until)) return "new";
  const acceptance = acceptanceOf(verified, { key, sha256 });
  if (acceptance === undefined) return finding("record_added", { instance, key, what: `is dated ${at?.toISOString() ?? ""}, but no digest notes it, although one was sealed at ${until ?? ""}`, found: sha256 });
  accepted.set(key, `is older than digests that do not note it; ${acceptance.by} accepted it at ${acceptance.at}: ${acceptance.reason}`);
  return "vouched for";
}

function nameFew(keys: readonly string[], text: string): Note[] {
  const more = keys.length - MOST_NAMED;
  return keys.slice(0, MOST_NAMED).map((key, index) => ({ key, text: index === MOST_NAMED - 1 && more > 0 ? `${text}; so do ${String(more)} more` : text }));
}
