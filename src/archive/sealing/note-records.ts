import { DAY_MS } from "../../ledger/durations.ts";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { NotedRecord } from "../chain/noted-records.ts";
import { isSettledBy, listMoneyRecords, type MoneyRecord } from "../../lake/records/money-records.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type SoundChain, waysToAccept } from "./find-chain.ts";

/** In one digest, so that it stays small: the next one goes on. */
const MOST_RECORDS = 100_000;

/** Two machines' clocks may differ, and a record may be written while a digest is made. */
const SLACK_MS = DAY_MS;

/**
 * What the next digest notes of the records that decide who owes what: those that are new, and those that may have been replaced. A record
 * that is not what an earlier digest noted, and one that says it is older than digests which do not know it, are not noted without
 * somebody's word: the seal would launder them. They stay findings of `archive verify`, and the log names them.
 * @param date of the digest.
 */
export async function noteRecords({ stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">, { chain, believed }: SoundChain, date: string): Promise<NotedRecord[]> {
  const { instance, noted, notedUntil } = chain;
  const refused: string[] = [];
  const unread = new Set<string>();
  const records = await listMoneyRecords(lake, instance, ({ key }) => void unread.add(key));
  const isAccepted = (record: NotedRecord): boolean => acceptanceOf(believed, record) !== undefined;
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
  for (const key of unread) log.warn({ instance, key, remedy: "find out who wrote it, and remove it or restore it from a backup" }, "no record that decides who owes what may lie there");
  for (const key of refused) log.warn({ instance, key, remedy: `restore it from a backup, or ${waysToAccept(key)}` }, "a record that decides who owes what is not what digests noted");
  return [...present, ...gone.filter(isAccepted)].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, MOST_RECORDS);
}

/** Whether a record says that it was there when records were noted that did not include it. */
export function isOlderThan({ at }: Pick<MoneyRecord, "at">, notedUntil: string | undefined): boolean {
  return at !== undefined && notedUntil !== undefined && at.getTime() < Date.parse(notedUntil) - SLACK_MS;
}
