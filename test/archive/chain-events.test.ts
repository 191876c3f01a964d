import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { verifiedEvents, isVerifiedBy } from "../../src/archive/chain/verified-events.ts";
import type { EventOf } from "../../src/archive/chain/event.ts";
import { findBackwards, findDisorder, findDroppedCloses, findEventsOutOfTime, listedUntil } from "../../src/archive/chain/list-faults.ts";
import { reducedContent, reductionsBetween, reductionsOf, reductionsUpTo } from "../../src/archive/chain/reduced-content.ts";
import { chainOf, eventNamed, exportNamed, KEY, TRUSTED } from "./chain-links.ts";
import { newKey, signNow } from "./sign-now.ts";

const HOUR = 3_600_000;
const at = (time: string, hours = 0): string => new Date(Date.parse(time) + hours * HOUR).toISOString();
const sealed = (date: string, sealed_at: string): { key: string; sha256: string; header: { date: string; sealed_at: string } } => ({ key: `k${date}`, sha256: "s", header: { date, sealed_at } });

describe("times in a chain", () => {
  test("are wrong where a digest was sealed before its day, or before the one that it follows", () => {
    const before = sealed("2026-10-01", "2026-10-02T00:10:00.000Z");
    const later = (sealed_at: string): string[] => findBackwards(before, sealed("2026-10-02", sealed_at)).map(({ what, expected }) => `${what}: ${expected ?? ""}`);
    expect(later("2026-10-03T00:10:00.000Z")).toEqual([]);
    expect(later("2026-10-02T00:10:00.000Z")).toEqual([]);
    expect(later("2026-10-02T00:09:59.999Z")).toEqual(["was sealed before the digest that it follows: 2026-10-02T00:10:00.000Z or later"]);
    expect(later("2026-10-01T23:59:59.999Z")).toEqual(["was sealed before its day: 2026-10-02 or later"]);
    expect(findBackwards(undefined, sealed("2026-10-02", "2026-10-02T00:00:00.000Z"))).toEqual([]);
  });

  test("are wrong where an event happened more than a day after it was listed, or before what does not list it", () => {
    const span = { from: "2026-10-01T00:00:00.000Z", to: "2026-10-02T00:00:00.000Z" };
    const found = (time: string, from: string | undefined = span.from): string[] => findEventsOutOfTime([{ key: "k", sha256: "s", at: time }], { from, to: span.to }).map(({ expected }) => expected ?? "");
    expect([at(span.to, 24), at(span.from, -24), span.to].flatMap((time) => found(time))).toEqual([]);
    expect(found(at(span.to, 24.001))).toEqual([`${span.to} or earlier`]);
    expect(found(at(span.from, -24.001))).toEqual([`${span.from} or later`]);
    expect(findEventsOutOfTime([{ key: "k", sha256: "s", at: at(span.from, -100) }], { from: undefined, to: span.to })).toEqual([]);
  });

  test("say until when all events were listed: when the newest digest of its own day was made", () => {
    expect(listedUntil([sealed("2026-10-01", "2026-10-01T23:00:00.000Z"), sealed("2026-10-02", "2026-10-02T22:00:00.000Z"), sealed("2026-10-03", "2026-10-05T00:00:00.000Z")])).toBe("2026-10-02T22:00:00.000Z");
    expect(listedUntil([])).toBeUndefined();
  });
});

describe("lists", () => {
  const disorder = (names: readonly string[], events: readonly string[] = [], change = (key: string): string => key): string[] => {
    const [made] = chainOf([{}]);
    const exports = names.map((name) => ({ ...exportNamed(name), key: change(exportNamed(name).key) }));
    return findDisorder({ ...made!, document: { ...made!.document, exports, events: events.map(eventNamed) } }).map(({ what, found }) => `${what}: ${found ?? ""}`);
  };

  test("are in order of their keys, name nothing twice and nothing that is elsewhere", () => {
    expect(disorder(["a", "b", "c"], ["v", "w"])).toEqual([]);
    expect(disorder(["a", "c", "b"])).toEqual([`does not list exports in order of their keys: ${exportNamed("b").key}`]);
    expect(disorder(["a", "b", "a"])).toEqual([`lists an export twice: ${exportNamed("a").key}`]);
    expect(disorder([], ["w", "v"])).toEqual([`does not list events in order of their keys: ${eventNamed("v").key}`]);
    expect(disorder(["a"], ["v"], (key) => key.replace("/prod/", "/east/"))).toEqual(["lists something that is not an export of its gateway: archive/east/2026/10/01/a.cbor.zstd"]);
    expect(disorder(["a"], [], (key) => key.replace(".cbor.zstd", ".txt"))).toEqual(["lists something that is not an export of its gateway: archive/prod/2026/10/01/a.txt"]);
  });

  test("of closed months lose none and change none", () => {
    const close = (month: string, sha256: string): { month: string; sha256: string } => ({ month, sha256 });
    const faults = findDroppedCloses([close("2026-08", "a"), close("2026-09", "b")], [close("2026-08", "c"), close("2026-10", "d")], "the next", (month) => `closes/${month}`);
    expect(faults).toEqual([
      { code: "close_dropped", key: "closes/2026-08", sha256: "c", what: "is named by the next with a different hash from the digest before", expected: "a", found: "c" },
      { code: "close_dropped", key: "closes/2026-09", sha256: null, what: "is not named by the next, although the digest before names it", expected: "b", found: null },
    ]);
    expect(findDroppedCloses([close("2026-08", "a")], [close("2026-08", "a")], "the next", String)).toEqual([]);
  });
});

describe("reductions of a copy", () => {
  const content = (sha256: string): { size: number; sha256: string } => ({ size: 1, sha256 });
  const reduce = (from: string, to: string, key = "k"): EventOf<"reduction"> => ({
    format: 1, kind: "reduction", id: `${from}-${to}`, instance: "prod", at: "2026-10-07T00:00:00.000Z", by: "job", rule: "r", head: null,
    objects: [{ key: "another", before: content("x"), after: content("y"), records_removed: 0, bodies_removed: 0 }, { key, before: content(from), after: content(to), records_removed: 0, bodies_removed: 0 }],
  });
  const steps = (all: readonly { event: { id: string } }[] | undefined): string[] | undefined => all?.map(({ event }) => event.id);
  const events = [reduce("a", "b"), reduce("a", "never"), reduce("b", "c"), reduce("c", "d", "elsewhere"), reduce("c", "e")];

  test("are those of its key, and leave the last of them", () => {
    expect(steps(reductionsOf("k", events))).toEqual(["a-b", "a-never", "b-c", "c-e"]);
    expect(reducedContent("k", events)).toEqual(content("e"));
    expect(reducedContent("nothing", events)).toBeUndefined();
  });

  test("lead back from what is there over what was done, and over nothing that was only declared", () => {
    expect(steps(reductionsUpTo("k", events, "e"))).toEqual(["c-e", "b-c", "a-b"]);
    expect(steps(reductionsUpTo("k", events, "c"))).toEqual(["b-c", "a-b"]);
    expect(steps(reductionsUpTo("k", events, "unknown"))).toEqual([]);
  });

  test("lead from one content to another in order, or nowhere", () => {
    expect(steps(reductionsBetween("k", events, { from: "a", to: "e" }))).toEqual(["a-b", "b-c", "c-e"]);
    expect(steps(reductionsBetween("k", events, { from: "b", to: "c" }))).toEqual(["b-c"]);
    expect(reductionsBetween("k", events, { from: "e", to: "a" })).toBeUndefined();
    expect(reductionsBetween("k", events, { from: "never", to: "e" })).toBeUndefined();
    expect(reductionsBetween("k", [reduce("a", "a")], { from: "a", to: "a" })).toBeUndefined();
  });
});

describe("an event is believed", () => {
  const other = newKey();
  const header: EventOf<"clock"> = { format: 1, kind: "clock", id: "c", instance: "prod", at: "2026-10-07T00:00:00.000Z", by: "ann", newest: null };
  const place = archiveLayout.event("prod", header);
  const by = (key: typeof KEY | undefined, where = place): { key: string; document: ReturnType<typeof signNow<typeof header>> } => ({ key: where, document: signNow(header, key) });
  const believed = (events: ReturnType<typeof by>[], publicKey: string | undefined = KEY.publicKey, instance = "prod"): number => verifiedEvents(instance, events, publicKey).length;

  test("by the key there is, where it lies at its own place in its own gateway", () => {
    expect(believed([by(KEY)])).toBe(1);
    expect(believed([by(KEY, `${place}x`), by(other), by(undefined)])).toBe(0);
    expect(believed([by(KEY)], KEY.publicKey, "east")).toBe(0);
    expect(believed([{ key: archiveLayout.event("east", header), document: signNow(header, KEY) }], KEY.publicKey, "east")).toBe(0);
  });

  test("by any good signature where there is no key", () => {
    const all = [by(KEY), by(other), by(undefined), by(KEY, `${place}x`)];
    expect(verifiedEvents("prod", all, undefined)).toEqual(all.slice(0, 2));
  });

  test("by one of the keys that are trusted", () => {
    expect([by(KEY), by(other), by(undefined), by(KEY, `${place}x`)].map((event) => isVerifiedBy("prod", event, TRUSTED))).toEqual([true, false, false, false]);
    expect(isVerifiedBy("east", by(KEY), TRUSTED)).toBe(false);
  });
});
