import { archiveLayout, placeOfDigest } from "../../lake/layout.ts";
import { addDays, daysBetween } from "../../ledger/days.ts";
import type { Digest } from "../chain/digest.ts";
import { type Finding, finding } from "./finding.ts";
import type { PlacedDigest, SoundDigest } from "./check-digest.ts";
import { linkName, type Vouched, type Vouching } from "./vouched.ts";

/** A fault in a chain, and the objects that can therefore not be checked. */
export interface ChainFault {
  finding: Finding;
  /** Keys listed by a digest that is not trustworthy. */
  listed: ReadonlySet<string>;
  /** Whether the lost digest may have listed other objects. */
  hidesMore: boolean;
}

/** A gateway's chain. */
export interface CheckedChain {
  instance: string;
  /** The digests whose bytes are verified, in order. */
  digests: SoundDigest[];
  faults: ChainFault[];
}

/** Longer than any real chain: a larger number is invalid. */
const MOST_DIGESTS = 100_000;

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Checks the chains of all gateways: the place of each digest, their order, and missing digests.
 * @param placed by gateway. @param yesterday UTC: the newest digest must be of that day or later.
 * @param annulled keys of annulled digests, which are not in `placed`.
 */
export function checkChains(placed: ReadonlyMap<string, readonly PlacedDigest[]>, vouching: Vouching, yesterday: string, annulled: ReadonlySet<string>): CheckedChain[] {
  const sound = [...placed.values()].flat().flatMap(({ stored, fault }) => (stored === undefined || fault !== undefined || vouching.refuted.has(stored.sha256) ? [] : [stored]));
  const unique = [...new Map(sound.map((digest) => [digest.sha256, digest])).values()];
  const atOwnKey = new Set(sound.filter((one) => isAtOwnKey(one, annulled)).map(({ sha256 }) => sha256));
  return [...placed].map(([instance, places]) => {
    const digests = unique.filter(({ document }) => document.header.instance === instance).toSorted((a, b) => (a.document.header.date < b.document.header.date ? -1 : 1));
    return { instance, digests, faults: findFaults(instance, places, { digests, vouching, atOwnKey, yesterday, annulled }) };
  });
}

interface Known {
  digests: readonly SoundDigest[];
  vouching: Vouching;
  atOwnKey: ReadonlySet<string>;
  yesterday: string;
  annulled: ReadonlySet<string>;
}

function findFaults(instance: string, places: readonly PlacedDigest[], known: Known): ChainFault[] {
  const tail = lastVouched(instance, known.vouching);
  if (places.length === 0) {
    const what = tail === undefined ? "has no digest" : `has no digest, although ${tail.by} names the digest of ${tail.date}`;
    return [{ finding: finding("chain_missing", { instance, key: archiveLayout.digests(instance), what }), listed: NOTHING, hidesMore: true }];
  }
  const dated = places.filter(({ date }) => isDate(date));
  const undated = places.filter(({ date }) => !isDate(date));
  const missing = missingRuns(instance, dated, known.digests, tail);
  return [
    ...undated.map(({ key }) => ({ finding: finding("added", { instance, key, what: "has a date that does not exist" }), listed: NOTHING, hidesMore: false })),
    ...joinForeign(dated.flatMap((place) => findFaultsAt(place, dated, known))),
    ...missing,
    ...(missing.some(({ until }) => until === tail?.date) ? [] : findEarlyEnd(instance, dated, known.yesterday)),
  ];
}

function findFaultsAt({ instance, date, key, stored, fault }: PlacedDigest, places: readonly PlacedDigest[], { vouching, atOwnKey, annulled }: Known): ChainFault[] {
  if (stored === undefined || fault !== undefined) {
    const expected = vouching.vouched.get(linkName({ instance, date }))?.[0]?.sha256 ?? null;
    return fault === undefined ? [] : [{ finding: { ...fault, expected: fault.expected ?? expected }, listed: stored === undefined ? NOTHING : listedIn(stored.document), hidesMore: true }];
  }
  const { header } = stored.document;
  const refuted = vouching.refuted.get(stored.sha256);
  if (refuted !== undefined) {
    const what = `has a valid signature but is not the digest that ${refuted.by} names`;
    return [{ finding: finding("digest_altered", { instance, key, what, expected: refuted.sha256, found: stored.sha256 }), listed: listedIn(stored.document), hidesMore: true }];
  }
  if (!isAtOwnKey(stored, annulled)) {
    const isCopy = atOwnKey.has(stored.sha256);
    const what = isCopy ? "is a copy of another digest" : "is a digest that belongs elsewhere";
    const named = { instance, key, what, expected: `${instance} ${date}`, found: `${header.instance} ${header.date}` };
    return [{ finding: finding(isCopy ? "replaced_by_older" : "digest_order", named), listed: NOTHING, hidesMore: isCopy }];
  }
  const disorder = findDisorder(stored, places);
  return disorder === undefined ? [] : [{ finding: finding("digest_order", { instance, key, ...disorder }), listed: NOTHING, hidesMore: false }];
}

function findDisorder({ document: { header } }: SoundDigest, places: readonly PlacedDigest[]): { what: string; expected: string; found: string } | undefined {
  const { instance, date, number, previous } = header;
  if (!Number.isSafeInteger(number) || number < 1 || number > MOST_DIGESTS) return { what: "has an invalid number", expected: "1 or more", found: String(number) };
  const before = { date: addDays(date, -1), number: number - 1 };
  if (previous === null) {
    const first = places.find((place) => place.date < date && place.fault === undefined && place.stored !== undefined);
    if (number === 1 && first === undefined) return undefined;
    return { what: "follows no digest", expected: number === 1 ? `the first one, which ${first?.date ?? before.date} has` : `number ${String(before.number)}`, found: "none before it" };
  }
  const expected = `after ${instance} ${before.date}, number ${String(before.number)}`;
  const found = `after ${previous.instance} ${previous.date}, number ${String(previous.number)}`;
  if (expected !== found) return { what: `is number ${String(number)} and does not follow`, expected, found };
  const there = places.find((place) => place.stored?.sha256 === previous.sha256)?.stored?.document.header;
  if (there === undefined || there.number === previous.number) return undefined;
  return { what: "does not follow the number before", expected: String(there.number + 1), found: String(number) };
}

/** Missing days of the chain, grouped into runs, from its first day to the last that any digest names. */
function missingRuns(
  instance: string,
  places: readonly PlacedDigest[],
  digests: readonly SoundDigest[],
  tail: Vouched | undefined,
): (ChainFault & { until: string })[] {
  const ordered = digests.filter((digest) => findDisorder(digest, []) === undefined);
  const [earliest] = ordered;
  if (earliest === undefined) return [];
  const { date, number } = earliest.document.header;
  const last = [ordered.at(-1)?.document.header.date ?? date, tail?.date ?? date].toSorted().at(-1) ?? date;
  const there = new Set(places.map((place) => place.date));
  const runs: string[][] = [];
  for (const day of daysBetween(addDays(date, 1 - number), addDays(last, 1))) {
    if (there.has(day)) continue;
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === addDays(day, -1)) run.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => ({ finding: missingFinding(instance, run, digests, tail), listed: NOTHING, hidesMore: true, until: run.at(-1) ?? last }));
}

function missingFinding(instance: string, run: readonly string[], digests: readonly SoundDigest[], tail: Vouched | undefined): Finding {
  const [from = ""] = run;
  const until = run.at(-1) ?? from;
  const next = digests.find(({ document: { header } }) => header.previous?.date === until);
  const naming = next === undefined ? tail : { by: next.key, sha256: next.document.header.previous?.sha256 ?? null };
  const many = run.length === 1 ? "is missing" : `and those up to ${until}, ${String(run.length)} digests, are missing`;
  return finding("digest_missing", { instance, key: archiveLayout.digest(instance, from), what: naming === undefined ? many : `${many}, although ${naming.by} names it`, expected: naming?.sha256 ?? null });
}

function findEarlyEnd(instance: string, places: readonly PlacedDigest[], yesterday: string): ChainFault[] {
  const last = places.map(({ date }) => date).sort().at(-1) ?? yesterday;
  if (last >= yesterday) return [];
  const key = archiveLayout.digest(instance, addDays(last, 1));
  return [{ finding: finding("chain_ends_early", { instance, key, what: "is missing, and so is every later digest", expected: `one of ${yesterday} or later`, found: `the newest of ${last}` }), listed: NOTHING, hidesMore: false }];
}

/** Digests that a different key signed are one finding per key. */
function joinForeign(faults: readonly ChainFault[]): ChainFault[] {
  const foreign = Map.groupBy(faults.filter(({ finding: { code } }) => code === "digest_key"), ({ finding: { found } }) => found);
  const joined = [...foreign.values()].flatMap((run): ChainFault[] => {
    const [first] = run;
    if (first === undefined || run.length === 1) return run;
    const text = `${first.finding.text}; so are ${String(run.length - 1)} more up to ${run.at(-1)?.finding.key ?? ""}`;
    return [{ finding: { ...first.finding, text }, listed: new Set(run.flatMap(({ listed }) => [...listed])), hidesMore: true }];
  });
  return [...faults.filter(({ finding: { code } }) => code !== "digest_key"), ...joined];
}

function lastVouched(instance: string, { vouched }: Vouching): Vouched | undefined {
  return [...vouched.values()].flat().filter((link) => link.instance === instance).toSorted((a, b) => (a.date < b.date ? -1 : 1)).at(-1);
}

function listedIn({ exports, events }: Digest): ReadonlySet<string> {
  return new Set([...exports, ...events].map(({ key }) => key));
}

function isAtOwnKey({ key, document: { header } }: SoundDigest, annulled: ReadonlySet<string>): boolean {
  return key === placeOfDigest(header.instance, header.date, annulled);
}

function isDate(date: string): boolean {
  return !Number.isNaN(Date.parse(date)) && addDays(date, 0) === date;
}
