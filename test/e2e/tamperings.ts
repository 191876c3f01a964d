import { archiveLayout, kindOfArchived, parseArchiveKey } from "../../src/lake/layout.ts";
import type { FindingCode } from "../../src/archive/verifier/finding.ts";
import { addDays } from "../../src/ledger/days.ts";
import type { Chance } from "../archive/chance.ts";
import { keysOf } from "../keys-of.ts";
import { newKey } from "../archive/sign-now.ts";
import type { Tampering } from "../archive/verifying.ts";
import { copyOf } from "./archived-days.ts";
import { DAYS, type TwoMonths } from "./two-months.ts";

/** What there is to tamper with, by keys. */
export interface Targets {
  exports: string[];
  /** Of which less is kept than came. */
  reduced: string[];
  purged: string[];
  receipts: string[];
  digests: string[];
  events: string[];
  tables: string[];
  closes: string[];
  months: TwoMonths;
}

export async function targetsIn(months: TwoMonths): Promise<Targets> {
  const { lake, arrived } = months;
  const archived = Map.groupBy(await keysOf(lake, "archive/"), (key) => kindOfArchived(key).kind);
  const exports = archived.get("export") ?? [];
  const reduced: string[] = [];
  for (const key of exports) if (!arrived.get(key)?.equals(Buffer.from(await lake.read(key)))) reduced.push(key);
  return {
    exports,
    reduced,
    purged: [...arrived.keys()].filter((key) => !exports.includes(key)),
    receipts: archived.get("receipt") ?? [],
    digests: archived.get("digest") ?? [],
    events: archived.get("event") ?? [],
    tables: await keysOf(lake, "usage/"),
    closes: await keysOf(lake, "_ledger/closes/"),
    months,
  };
}

/** What has to be found: one of the codes at each of the keys, and nothing else. `derived`: with the lake. */
export interface Expected {
  codes: FindingCode[];
  keys: string[];
  derived?: true;
}

const named = (codes: FindingCode | FindingCode[], ...keys: string[]): Expected => ({ codes: [codes].flat(), keys });
const inTables = (code: FindingCode, key: string): Expected => ({ ...named(code, key), derived: true });
const change = (chance: Chance, at: Tampering, key: string): void => at.flip(key, chance.below(10_000) / 10_000);
const ofOneGateway = (chance: Chance, keys: readonly string[]): string[] => {
  const instance = chance.one(["dev", "prod"]);
  return keys.filter((key) => kindOfArchived(key).instance === instance);
};
const INVENTED = { at: "2026-10-12T12:00:00.000Z", kind: "release", id: "x" };

/** Each does one thing to the archive, or to what was derived from it, and says what has to be found. */
export const TAMPERINGS: Record<string, (chance: Chance, at: Tampering, targets: Targets) => Expected> = {
  "a byte of an export": (chance, at, { exports }, key = chance.one(exports)) => (change(chance, at, key), named("altered", key)),
  "a byte of a reduced export": (chance, at, { reduced }, key = chance.one(reduced)) => (change(chance, at, key), named("altered", key)),
  "an export deleted": (chance, at, { exports }, key = chance.one(exports)) => (at.remove(key), named("deleted", key)),
  "an export added": (chance, at, _, key = copyOf("prod", addDays(chance.one(DAYS), 100))) => (at.write(key, Buffer.from("new")), named("added", key)),
  "a copy of an export added": (chance, at, { exports }, key = copyOf("dev", addDays(chance.one(DAYS), 100))) => (at.copy(chance.one(exports), key), named("added", key)),
  "an export with its receipt under another name": (chance, at, { exports }) => {
    const from = chance.one(exports);
    const key = copyOf("dev", addDays(chance.one(DAYS), 100));
    at.copy(from, key);
    at.copy(archiveLayout.receipt(from), archiveLayout.receipt(key));
    return named("added", key);
  },
  "an export as it was before it was reduced": (chance, at, { reduced, months }, key = chance.one(reduced)) => (at.write(key, months.arrived.get(key)!), named("replaced_by_older", key)),
  "an export brought back as it was, with the bodies, after it was purged": (chance, at, { purged, months }, key = chance.one(purged)) => (at.write(key, months.arrived.get(key)!), named("replaced_by_older", key)),
  "an export replaced by an older one": (chance, at, { exports }) => {
    const [older, newer] = chance.two(ofOneGateway(chance, exports));
    at.copy(older, newer);
    return named("replaced_by_older", newer);
  },
  "a byte of a receipt": (chance, at, { receipts }, key = chance.one(receipts)) => (change(chance, at, key), named("receipt_altered", key)),
  "a receipt removed": (chance, at, { receipts }, key = chance.one(receipts)) => (at.remove(key), named("receipt_missing", key)),
  "a byte of a digest": (chance, at, { digests }, key = chance.one(digests)) => (change(chance, at, key), named(["digest_altered", "digest_signature"], key)),
  "a digest removed": (chance, at, { digests }, key = chance.one(digests)) => (at.remove(key), named(["digest_missing", "chain_ends_early"], key)),
  "digests swapped": (chance, at, { digests }) => {
    const keys = chance.two(ofOneGateway(chance, digests));
    at.swap(...keys);
    return named("digest_order", ...keys);
  },
  "a digest replaced by an older one": (chance, at, { digests }) => {
    const [older, newer] = chance.two(ofOneGateway(chance, digests));
    at.copy(older, newer);
    return named("replaced_by_older", newer);
  },
  "a digest signed with another key": (chance, at, { digests }, key = chance.one(digests)) => (at.remake(key, newKey()), named("digest_key", key)),
  "a digest made anew with the key of that time": (chance, at, { digests, months }) => {
    const key = chance.one(ofOneGateway(chance, digests).slice(0, -1));
    const signer = months.keys.find(({ publicKey }) => publicKey === at.digest(key).key)!;
    at.remake(key, signer, ({ header, ...lists }) => ({ ...lists, header: { ...header, sealed_at: "2026-12-01T00:00:00.000Z" } }));
    return named("digest_altered", key);
  },
  "an entry taken off a digest": (chance, at, { digests }, key = chance.one(digests)) => {
    at.edit(key, (digest) => ({ ...digest, exports: [], events: [] }));
    return named("digest_altered", key);
  },
  "a byte of an event": (chance, at, { events }, key = chance.one(events)) => (change(chance, at, key), named("event_altered", key)),
  "an event removed": (chance, at, { events }, key = chance.one(events)) => (at.remove(key), named("event_missing", key)),
  "an event replaced by an older one": (chance, at, { events }) => {
    const [older, newer] = chance.two(ofOneGateway(chance, events));
    at.copy(older, newer);
    return named("replaced_by_older", newer);
  },
  "an event added": (chance, at, { events }, key = archiveLayout.event("prod", INVENTED)) => (at.copy(chance.one(events), key), named("added", key)),
  "something else added": (_, at, __, key = "archive/prod/readme.txt") => (at.write(key, Buffer.from("hello")), named("added", key)),
  "a byte of a usage table": (chance, at, { tables }, key = chance.one(tables)) => (change(chance, at, key), inTables("rows_differ", key)),
  "a usage table replaced": (chance, at, { tables }) => {
    const [older, newer] = chance.two(tables);
    at.copy(older, newer);
    return inTables("rows_differ", newer);
  },
  "a usage table removed": (chance, at, { tables }, key = chance.one(tables)) => (at.remove(key), inTables("rows_differ", key)),
  "a close record altered": (chance, at, { closes }, key = chance.one(closes)) => (change(chance, at, key), inTables("close_altered", key)),
  "the manifest of an export removed": (chance, at, { exports }) => {
    const key = chance.one(exports);
    const { instance, stem } = parseArchiveKey(key)!;
    at.remove(`_ledger/exports/${instance}/${stem}.json`);
    return inTables("rows_differ", key);
  },
};
