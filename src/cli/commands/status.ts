import { UNVOUCHED } from "../../archive/copies/unvouched.ts";
import type { ChainStatus } from "../../archive/sealing/chain-status.ts";
import { formatAssumed } from "../../chargeback/sections/quality/assumed-subscriptions.ts";
import { formatAltered, formatQuarantined, formatUnknownCounts, formatUnknownKeys } from "../../chargeback/sections/quality/reading-notes.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayAlteredCopy } from "../../ingest/copying/compare-copies.ts";
import { describeRepeated } from "../../ingest/copying/repeated-exports.ts";
import type { Clock } from "../../ledger/clock.ts";
import { addDays, dayOf } from "../../ledger/days.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openLedger } from "../../open/open-ledger.ts";
import type { LedgerStatus } from "../../run/ledger-status.ts";
import { readOverview } from "../../run/read-overview.ts";
import { firstLines } from "../first-lines.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { readLive } from "../read-live.ts";
import { describeLiveStatus, liveStatusToJson, readLiveStatus } from "./live-status.ts";
import { describeCompleteness } from "./describe-completeness.ts";
import { findPublicKey } from "../find-public-key.ts";
import { describeHealth } from "./describe-health.ts";
import { describeOverview, overviewToJson } from "./describe-overview.ts";
import { describeMissed } from "./describe-deliveries.ts";
import { billionths } from "../../ledger/dollars.ts";
import { shortenDollars, showMoney } from "../shown-money.ts";

/** Shows the state of the ledger, and what the next run would do. */
export async function status(flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const services = { log: openLog(), progress: silentProgress, clock, signs: false } as const;
  const ledger = await openLedger(config, services, "cached");
  const { status: found, ...glance } = await readOverview(ledger, undefined, await findPublicKey(config).catch(() => undefined));
  const live = await readLive(config, ledger.stores.lake.url, clock, async (source) => await readLiveStatus(ledger, source, clock()));
  if (flags.json) printJson({ ...found, ...overviewToJson(glance), ...(live === undefined ? {} : { live: liveStatusToJson(live) }) });
  else print(...describeStatus(found, clock()), ...describeOverview(glance), ...(live === undefined ? [] : describeLiveStatus(live)));
  const { exports, days, months } = found;
  sayNext({ after: "status", waiting: exports.waiting + exports.stale + days.stale.length + months.stale.length > 0 }, flags);
  return 0;
}

const STALE: Readonly<Record<string, string>> = {
  settings_changed: "ingested with settings that differ from the current ones (dimensions, gateway configuration, version)",
  landing_missing: "their landing files are missing or were changed",
  quarantine_missing: "their quarantine files are missing or were changed",
  manifest_missing: "they are in the archive but have no manifest",
};

function describeStatus({ lake, exports, records, days, months, totals, assumed_billing: assumed, archive, completeness, restored, repeated_exports: repeated, undelivered = [], health, quarantined, damaged, notes, unreadable, unlistable, ...noted }: LedgerStatus, now: Date): string[] {
  const lines = [
    `lake         ${lake}`,
    `exports      ${exports.ingested} ingested, ${exports.waiting} waiting at their source, ${exports.stale} stale`,
    `records      ${records.read} read, ${records.accepted} accepted, ${records.quarantined} quarantined, ${records.duplicates} duplicates`,
    days.first === null
      ? "days         none"
      : `days         ${days.first} to ${days.last}: ${days.fresh} fresh, ${days.stale.length} stale`,
    `months       ${months.fresh} allocated, ${months.stale.length} stale, ${months.closed.length === 0 ? "none closed" : `closed up to ${months.closed.at(-1)}`}`,
    `ledger       ${totals.requests} requests, ${showMoney(billionths.parse(totals.cost_usd))}, ${totals.unpriced_requests} unpriced`,
  ];
  lines.push(...formatAssumed(assumed).map(shortenDollars));
  for (const chain of archive) {
    const { instance, sealed_up_to: day, waiting, unvouched } = chain;
    const counts = `${String(waiting.exports)} exports and ${String(waiting.events)} events`;
    lines.push(visibleText(`archive      ${instance} sealed up to ${day}, ${counts} wait for the next digest`));
    if (day < addDays(dayOf(now, "UTC"), -1)) lines.push(visibleText(`attention    ${instance} has not been sealed since ${day}: call aperture-ledger archive seal each day`));
    lines.push(...describeUnvouched(unvouched).map(visibleText), ...describeOddities(chain, now).map(visibleText));
  }
  for (const [reason, count] of Object.entries(exports.stale_because)) lines.push(`stale        ${count} exports: ${STALE[reason] ?? reason}`);
  lines.push(...describeHealth(health));
  lines.push(...describeCompleteness(completeness.gateways));
  lines.push(...describeUsedAgain(noted));
  lines.push(...firstLines(unlistable, ({ url, key, problem }) => `attention    ${url}: ${JSON.stringify(key)} cannot be listed: ${problem}`));
  lines.push(...firstLines(unreadable, ({ problem }) => `stale        ${problem.replaceAll(/\s+/g, " ")}`));
  lines.push(...firstLines(exports.without_copy, (name) => `attention    ${name} has no copy in the archive: restore it from a backup`));
  lines.push(...firstLines(exports.altered_copies, (copy) => `attention    ${sayAlteredCopy(copy)}: restore it from a backup or from its source`));
  if (exports.copies_not_compared > 0) lines.push(`copies       ${exports.copies_not_compared} have different ETags and were not read: aperture-ledger run compares them`);
  if (restored > 0) lines.push(`restored     this lake was copied, moved or restored (${restored} objects have other ETags and unchanged bytes): call aperture-ledger run, which notes that`);
  lines.push(...firstLines(repeated, (pair) => visibleText(`attention    ${describeRepeated(pair).finding}`)));
  lines.push(...firstLines(undelivered, describeMissed));
  lines.push(...firstLines(days.stale, (day) => `stale        ${day}`));
  lines.push(...firstLines(months.stale, (month) => `stale        allocations of ${month}`));
  lines.push(
    ...firstLines(quarantined, ({ instance, export: name, reasons, file }) => {
      const counts = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`);
      return `quarantined  ${instance} ${name}: ${counts.join(", ")} (${file})`;
    }),
    ...firstLines(damaged, ({ instance, export: name, code, message, readable_records }) => `damaged      ${instance} ${name}: ${message} (${code}); ${readable_records} records before it count`),
  );
  if (records.quarantined > 0) lines.push(`quarantined  in all ${formatQuarantined(records.quarantined, notes)}`);
  const altered = formatAltered(notes);
  if (altered !== "") lines.push(`altered      ${altered}`);
  lines.push(...formatUnknownCounts(notes).map((count) => `unpriced     ${count}: no price list covers this count`));
  lines.push(...firstLines(formatUnknownKeys(notes), (key) => `unknown      ${key}`));
  if (records.newer > 0) lines.push(`attention    ${records.newer} records have a newer schema version than this reader knows`);
  if (damaged.length > 0 || quarantined.length > 0) lines.push("             the totals lack damaged and quarantined data");
  return lines;
}

/** Lines about a gateway's listed exports without a trusted signature for their arrival. */
function describeUnvouched(unvouched: ChainStatus["unvouched"]): string[] {
  return firstLines(unvouched, ({ key, why }) => `attention    no trusted key vouches for ${key}: ${UNVOUCHED[why]}`, { most: 10 });
}

/** Further findings about a gateway's chain: digests with future dates, annulled ones, and foreign objects among its events. */
function describeOddities({ instance, sealed_up_to: day, annulled, left_aside: aside }: Pick<ChainStatus, "instance" | "sealed_up_to" | "annulled" | "left_aside">, now: Date): string[] {
  const isAhead = day > addDays(dayOf(now, "UTC"), 1);
  return [
    ...(isAhead ? [`attention    ${instance} is sealed up to ${day}, a day in the future: a clock was ahead, or this one is behind; nothing more is sealed`] : []),
    ...(annulled === 0 ? [] : [`archive      ${instance}: ${String(annulled)} digests are annulled; archive verify says why`]),
    ...aside.map(({ key, problem }) => `attention    ${key} is ignored: ${problem.replaceAll(/\s+/g, " ")}`),
  ];
}

/** A line about reused identifiers of a gateway; no line where there are none. */
export function describeUsedAgain({ identifiers_used_again: requests }: { identifiers_used_again: number }): string[] {
  if (requests === 0) return [];
  const shown = requests === 1 ? "request has" : "requests have";
  return [`used again   ${String(requests)} ${shown} an identifier that another request of the same day also has: each of them counts`];
}
