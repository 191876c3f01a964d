import { listWithoutReceipts } from "../copies/list-archive.ts";
import { addDays, dayOf, daysBetween } from "../../ledger/days.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { isExportKey } from "../../aperture/reader/export-name.ts";
import type { Ledger, Stores } from "../../open/ledger.ts";
import { readSealed, type Sealed } from "./read-sealed.ts";

/** Why the clock of this machine may be wrong. */
export interface ClockDoubt {
  error: LedgerError;
  /** The newest time from another source; null if no other source shows a time. */
  newest: Date | null;
  /** Whether the caller's statement is enough. It is not if there are digests of future days: nothing can follow them. */
  isConfirmable: boolean;
}

export type ClockedAction = "seal" | "purge" | "close" | "annul";

type Judged = Pick<Ledger, "stores" | "work">;

/** Days that one sealing may fill in, or that may pass between the newest digest and a purge, before the clock needs confirmation. */
export const MOST_DAYS_UNSEALED = 31;

/**
 * Checks whether this machine's clock is more than a day from what stores and exports show. A store's own clock decides. If no store
 * has one, files get this machine's time: then the names of exports, their arrival times and the newest digest count.
 * @param what the planned action: closing a month depends on no digest, and annulling digests trusts none.
 */
export async function findClockDoubt(ledger: Judged, state: Pick<LedgerState, "exports">, now: Date, what: ClockedAction): Promise<ClockDoubt | undefined> {
  const sealed = what === "annul" ? [] : await readSealed(ledger.stores.archive, ledger.work.archiving.signingKey?.publicKey);
  const latest = sealed.map(({ day }) => day).sort().at(-1);
  const ahead = sealed.find(({ day }) => day > addDays(dayOf(now, "UTC"), 1));
  if (ahead !== undefined) {
    return doubt(now, `${ledger.stores.archive.url} has a digest of ${ahead.instance} for ${ahead.day}`, null, what === "close", "set the clock; if it is right now and was ahead when these digests were made, annul them: aperture-ledger archive seal --annul-after DATE --reason TEXT");
  }
  const server = await askServers(ledger.stores);
  if (server !== undefined) {
    if (Math.abs(now.getTime() - server.time.getTime()) > DAY_MS) return doubt(now, `the clock of ${server.url} says ${server.time.toISOString()}`, server.time);
  } else {
    const early = what === "annul" ? [...state.exports.values()].find(({ time }) => Date.parse(time) > now.getTime() + DAY_MS) : undefined;
    if (early !== undefined) return doubt(now, `the export ${early.name} is dated ${early.time}`, new Date(early.time));
    const newest = await findNewest(ledger, state, now, latest);
    if (newest !== undefined && now.getTime() - newest.time.getTime() > DAY_MS) return doubt(now, `the newest time from another source is ${newest.time.toISOString()}, from ${newest.of}`, newest.time);
  }
  return what === "seal" || what === "purge" ? findLongGap(sealed, now) : undefined;
}

/** One gateway without sealing for that long is enough. */
function findLongGap(sealed: readonly Sealed[], now: Date): ClockDoubt | undefined {
  const today = dayOf(now, "UTC");
  const late = sealed.find(({ day }) => day < today && daysBetween(day, today).length > MOST_DAYS_UNSEALED);
  return late && doubt(now, `${late.instance} was last sealed for ${late.day}, more than ${String(MOST_DAYS_UNSEALED)} days earlier`, new Date(`${late.day}T23:59:59.999Z`));
}

function doubt(now: Date, shown: string, newest: Date | null, isConfirmable = true, remedy = "set the clock; if it is right, confirm it with --clock-is-right, which is recorded"): ClockDoubt {
  return { error: new LedgerError("clock_doubtful", `this machine's clock says ${now.toISOString()}, but ${shown}`, { remedy: `nothing was sealed, removed or closed: ${remedy}` }), newest, isConfirmable };
}

/** The first store with a clock of its own: the archive, the lake, then the sources. */
async function askServers({ archive, lake, sources }: Stores): Promise<{ time: Date; url: string } | undefined> {
  for (const store of new Set([archive, lake, ...sources.map((source) => source.store)])) {
    const time = await askServer(store);
    if (time !== undefined) return { time, url: store.url };
  }
  return undefined;
}

/** Ignores a store that cannot be reached: other requests to it report the error. */
async function askServer(store: ObjectStore): Promise<Date | undefined> {
  try {
    return await store.serverTime?.();
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

/** Ignores a store that cannot be listed. */
async function* listExports(store: ObjectStore, isArchive: boolean): AsyncGenerator<ObjectEntry> {
  try {
    for await (const entry of isArchive ? listWithoutReceipts(store) : store.list("")) if (isExportKey(entry.key)) yield entry;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
  }
}

interface Shown {
  time: Date;
  of: string;
}

/** Ignores times in the future, which prove nothing. @param latest day of the newest digest. */
async function findNewest({ stores: { sources, archive } }: Judged, { exports }: Pick<LedgerState, "exports">, now: Date, latest: string | undefined): Promise<Shown | undefined> {
  let newest: Shown | undefined;
  const show = (time: Date, of: string): void => {
    if (time.getTime() <= now.getTime() + DAY_MS && (newest === undefined || time > newest.time)) newest = { time, of };
  };
  // A digest is made on its day or later.
  if (latest !== undefined) show(new Date(Math.min(now.getTime(), Date.parse(latest) + DAY_MS)), `the digest of ${latest}`);
  for (const { name, time } of exports.values()) show(new Date(time), `the export ${name}`);
  for (const store of new Set([archive, ...sources.map((source) => source.store)])) {
    for await (const { key, lastModified } of listExports(store, store === archive)) show(lastModified, `the arrival of ${store.url}/${key}`);
  }
  return newest;
}
