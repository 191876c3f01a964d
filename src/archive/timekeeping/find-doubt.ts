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
  /** The newest time that something else shows; null where nothing does. */
  newest: Date | null;
  /** Whether somebody's word is enough. It is not where digests of days to come say otherwise: nothing can follow them. */
  isConfirmable: boolean;
}

export type ClockedAction = "seal" | "purge" | "close" | "annul";

type Judged = Pick<Ledger, "stores" | "work">;

/** A digest is due each day: a day more than that, and the clock is a day beyond what it has to be. */

/** Days that one sealing fills in, or that a purge comes after the newest digest, without anybody's word for the clock. */
export const MOST_DAYS_UNSEALED = 31;

/**
 * Whether this machine's clock is more than a day from what stores and exports show. What a store's own clock says decides. Where no
 * store has one, files have the time of this machine: then the newest export, when it came, and the newest digest count.
 * @param what is to be done: closing a month depends on no digest, and annulling digests believes none.
 */
export async function findClockDoubt(ledger: Judged, state: Pick<LedgerState, "exports">, now: Date, what: ClockedAction): Promise<ClockDoubt | undefined> {
  const sealed = what === "annul" ? [] : await readSealed(ledger.stores.archive, ledger.work.archiving.signingKey?.publicKey);
  const latest = sealed.map(({ day }) => day).sort().at(-1);
  const ahead = sealed.find(({ day }) => day > addDays(dayOf(now, "UTC"), 1));
  if (ahead !== undefined) {
    return doubt(now, `${ledger.stores.archive.url} has a digest of ${ahead.instance} of ${ahead.day}`, null, what === "close", "set the clock; if it is right and was ahead when these digests were made, annul them: aperture-ledger archive seal --annul-after DATE --reason TEXT");
  }
  const server = await askServers(ledger.stores);
  if (server !== undefined) {
    if (Math.abs(now.getTime() - server.time.getTime()) > DAY_MS) return doubt(now, `${server.url} says that it is ${server.time.toISOString()}`, server.time);
  } else {
    const early = what === "annul" ? [...state.exports.values()].find(({ time }) => Date.parse(time) > now.getTime() + DAY_MS) : undefined;
    if (early !== undefined) return doubt(now, `the export ${early.name} is of ${early.time}`, new Date(early.time));
    const newest = await findNewest(ledger, state, now, latest);
    if (newest !== undefined && now.getTime() - newest.time.getTime() > DAY_MS) return doubt(now, `the newest time that anything else shows is ${newest.time.toISOString()}, of ${newest.of}`, newest.time);
  }
  return what === "seal" || what === "purge" ? findLongGap(sealed, now) : undefined;
}

/** One gateway that was not sealed for long is enough. */
function findLongGap(sealed: readonly Sealed[], now: Date): ClockDoubt | undefined {
  const today = dayOf(now, "UTC");
  const late = sealed.find(({ day }) => day < today && daysBetween(day, today).length > MOST_DAYS_UNSEALED);
  return late && doubt(now, `${late.instance} was last sealed for ${late.day}, more than ${String(MOST_DAYS_UNSEALED)} days before`, new Date(`${late.day}T23:59:59.999Z`));
}

function doubt(now: Date, shown: string, newest: Date | null, isConfirmable = true, remedy = "set the clock; if it is right, say so: --clock-is-right, which is recorded"): ClockDoubt {
  return { error: new LedgerError("clock_doubtful", `this machine's clock says ${now.toISOString()}, and ${shown}`, { remedy: `nothing was sealed, removed or closed: ${remedy}` }), newest, isConfirmable };
}

/** The first store that has a clock of its own: the archive, the lake, then the sources. */
async function askServers({ archive, lake, sources }: Stores): Promise<{ time: Date; url: string } | undefined> {
  for (const store of new Set([archive, lake, ...sources.map((source) => source.store)])) {
    const time = await askServer(store);
    if (time !== undefined) return { time, url: store.url };
  }
  return undefined;
}

/** A source that cannot be reached now says nothing; what else is asked of it fails by itself. */
async function askServer(store: ObjectStore): Promise<Date | undefined> {
  try {
    return await store.serverTime?.();
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

/** A source that cannot be listed shows nothing. */
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

/** What lies in the future vouches for nothing. @param latest day of the newest digest. */
async function findNewest({ stores: { sources, archive } }: Judged, { exports }: Pick<LedgerState, "exports">, now: Date, latest: string | undefined): Promise<Shown | undefined> {
  let newest: Shown | undefined;
  const show = (time: Date, of: string): void => {
    if (time.getTime() <= now.getTime() + DAY_MS && (newest === undefined || time > newest.time)) newest = { time, of };
  };
  // It was due on that day, and made on it or after it.
  if (latest !== undefined) show(new Date(Math.min(now.getTime(), Date.parse(latest) + DAY_MS)), `the digest of ${latest}`);
  for (const { name, time } of exports.values()) show(new Date(time), `the export ${name}`);
  for (const store of new Set([archive, ...sources.map((source) => source.store)])) {
    for await (const { key, lastModified } of listExports(store, store === archive)) show(lastModified, `${store.url}/${key}, when it came there`);
  }
  return newest;
}
