import { DAY_MS } from "../../ledger/durations.ts";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { NotedRecord } from "../chain/noted-records.ts";
import { isSettledBy, listMoneyRecords, type MoneyRecord } from "../../lake/records/money-records.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type SoundChain, acceptCommand } from "./find-chain.ts";

/** Limit per digest, so that digests stay small: the next digest continues. */
const MOST_RECORDS = 100_000;

/** Two machines' clocks may differ, and a record may be written while a digest is made. */
const SLACK_MS = DAY_MS;

/**
 * What the next digest notes of the records that decide who owes what: new records, and records that may have been replaced. A record
 * that differs from what an earlier digest noted, or is dated before digests that do not note it, is not noted unless somebody
 * accepted it: the seal would launder it. It stays a finding of `archive verify`, and the log names it.
 * @param date of the digest.
 */
export async function noteRecords({ stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">, { chain, verified }: SoundChain, date: string): Promise<NotedRecord[]> {
  const { instance, noted, notedUntil } = chain;
  const refused: string[] = [];
  const unread = new Set<string>();
  const records = await listMoneyRecords(lake, instance, ({ key }) => void unread.add(key));
  const isAccepted = (record: NotedRecord): boolean => acceptanceOf(verified, record) !== undefined;
  const takes = (record: MoneyRecord): boolean => {
    const before = noted.get(record.key);
    if (before?.sha256 === record.sha256) return !isSettledBy(record.key, before.date) && isSettledBy(record.key, date);
    const isFree = !isOlderThan(record, notedUntil) && (before === undefined || before.sha256 === null || !isSettledBy(record.key, before.date));
    if (isFree || isAccepted({ key: record.key, sha256: record.sha256 })) return true;
    refused.push(record.key);
    return false;
  };
  const present = records.filter(takes).map(({ key, sha256 }) => ({ key, sha256 }));
  const there = new Set(records.map(({ key }) => key));
  const gone = [...noted].filter(([key, { sha256 }]) => sha256 !== null && !there.has(key) && !unread.has(key)).map(([key]) => ({ key, sha256: null }));
  refused.push(...gone.filter((record) => !isAccepted(record)).map(({ key }) => key));
  for (const key of unread) log.warn({ instance, key, remedy: "find out who wrote it, and remove it or restore it from a backup" }, "not a valid record, although records that decide who owes what are stored there");
  for (const key of refused) log.warn({ instance, key, remedy: `restore it from a backup, or ${acceptCommand(key)}` }, "a record that decides who owes what differs from what digests noted");
  return [...present, ...gone.filter(isAccepted)].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, MOST_RECORDS);
}

/** Whether a record is dated before a noting of records that did not include it. */
export function isOlderThan({ at }: Pick<MoneyRecord, "at">, notedUntil: string | undefined): boolean {
  return at !== undefined && notedUntil !== undefined && at.getTime() < Date.parse(notedUntil) - SLACK_MS;
}
