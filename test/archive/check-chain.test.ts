import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { addDays } from "../../src/ledger/days.ts";
import { chainOf, check, exportNamed, findingsOf, FIRST_DAY, type Link, linkTo, type Stored, store } from "./chain-links.ts";

const days = fc.integer({ min: 2, max: 12 });
const dayAt = (index: number): string => addDays(FIRST_DAY, index);
const keyAt = (index: number, instance = "prod"): string => archiveLayout.digest(instance, dayAt(index));

function plainLinks(count: number): Link[] {
  return Array.from({ length: count }, (_, index) => ({ exports: [exportNamed(`e${String(index)}`)] }));
}

/** A chain in which one digest says something else in its header; those after it follow from it. */
function chainSaying(count: number, at: number, header: NonNullable<Link["header"]>): Stored[] {
  return chainOf(plainLinks(count).map((link, index) => (index === at ? { ...link, header } : link)));
}

/** All that one finding says. */
function onlyFinding(stored: readonly Stored[], yesterday: string): { code: string; key: string; expected: string | null; found: string | null; text: string } {
  const findings = check(stored, yesterday).flatMap(({ faults }) => faults.map(({ finding }) => finding));
  expect(findings).toHaveLength(1);
  return findings[0]!;
}

describe("a chain", () => {
  test("of one digest a day, each of which names the one before, has no fault and is believed whole, in order", () => {
    fc.assert(
      fc.property(days, fc.nat(), (count, turn) => {
        const chain = chainOf(plainLinks(count));
        const turned = [...chain.slice(turn % count), ...chain.slice(0, turn % count)];
        const [checked] = check(turned, dayAt(count - 1));
        expect(checked?.faults).toEqual([]);
        expect(checked?.digests.map(({ key }) => key)).toEqual(chain.map(({ key }) => key));
      }),
      { numRuns: 30 },
    );
  });

  test("has to reach yesterday, and may be ahead of it", () => {
    const chain = chainOf(plainLinks(3));
    expect(findingsOf(check(chain, dayAt(1)))).toEqual([]);
    expect(findingsOf(check(chain, dayAt(2)))).toEqual([]);
    expect(onlyFinding(chain, dayAt(3))).toMatchObject({ code: "chain_ends_early", key: keyAt(3), expected: `one of ${dayAt(3)} or later`, found: `the newest of ${dayAt(2)}` });
  });

  test("of a gateway that has none is missing, and says who names it", () => {
    const [missing] = check([], dayAt(0)).flatMap(({ faults }) => faults);
    expect(missing).toMatchObject({ hidesMore: true, finding: { code: "chain_missing", key: archiveLayout.digests("prod"), text: expect.stringContaining("has no digest:") as string } });
    const gone = chainOf(plainLinks(1), "east")[0]!;
    const naming = chainOf([{ header: { others: [linkTo(gone)] } }]);
    const found = check(naming, dayAt(0), ["prod", "east"]).flatMap(({ faults }) => faults.map(({ finding }) => finding));
    expect(found).toMatchObject([{ code: "chain_missing", instance: "east", text: expect.stringContaining(`although ${keyAt(0)} names the digest of ${dayAt(0)}`) as string }]);
  });

  test("in which a digest calls the one before by another number than that one bears does not follow the number before", () => {
    fc.assert(
      fc.property(days, fc.nat(), fc.integer({ min: 1, max: 50 }), (count, place, skipped) => {
        const at = 1 + (place % (count - 1));
        const honest = chainOf(plainLinks(count));
        // It agrees with itself, and with the bytes before it; only what those bytes say is another number.
        const previous = { ...linkTo(honest[at - 1]!), number: at + skipped };
        const chain = chainSaying(at + 1, at, { number: at + 1 + skipped, previous });
        const finding = onlyFinding(chain, dayAt(at));
        expect(finding).toMatchObject({ code: "digest_order", key: keyAt(at), expected: String(at + 1), found: String(at + 1 + skipped) });
        expect(finding.text).toContain("does not follow the number before");
      }),
      { numRuns: 30 },
    );
  });

  test.each([0, -1, 1.5, 100_001])("has no digest number %s", (number) => {
    const finding = onlyFinding(chainSaying(1, 0, { number }), dayAt(0));
    expect(finding).toMatchObject({ code: "digest_order", expected: "1 or more", found: String(number) });
  });

  test("may have as many digests as anybody keeps", () => {
    const last = chainSaying(2, 1, { number: 100_000, previous: { instance: "prod", date: dayAt(0), number: 99_999, sha256: "0".repeat(64) } }).slice(1);
    const findings = check(last, dayAt(1)).flatMap(({ faults }) => faults.map(({ finding }) => finding.code));
    expect(findings).not.toContain("digest_order");
  });

  test("has one beginning: a digest that follows none is number 1, and the first", () => {
    const second = onlyFinding(chainSaying(2, 1, { number: 1, previous: null }), dayAt(1));
    expect(second).toMatchObject({ code: "digest_order", key: keyAt(1), expected: `the first one, which ${dayAt(0)} has`, found: "none before it" });
    const unnumbered = onlyFinding(chainSaying(2, 1, { number: 2, previous: null }), dayAt(1));
    expect(unnumbered).toMatchObject({ code: "digest_order", expected: "number 1" });
    expect(findingsOf(check(chainSaying(1, 0, { number: 2, previous: null }), dayAt(0)))).toEqual([`digest_order ${keyAt(0)}`]);
  });

  test.each([
    ["another day", { date: "2026-09-01" }],
    ["another gateway", { instance: "east" }],
    ["another number", { number: 7 }],
  ])("that says it follows %s does not follow", (_, wrong) => {
    const honest = chainOf(plainLinks(2));
    const chain = chainSaying(2, 1, { previous: { ...linkTo(honest[0]!), ...wrong } });
    const finding = check(chain, dayAt(1)).flatMap(({ faults }) => faults.map((fault) => fault.finding)).find(({ code }) => code === "digest_order");
    expect(finding).toMatchObject({ key: keyAt(1), expected: `after prod ${dayAt(0)}, number 1` });
    expect(finding?.text).toContain("is number 2 and does not follow");
  });
});

describe("digests that are not there", () => {
  test("are one finding a run, at the first of the run, which says who names the last of it", () => {
    fc.assert(
      fc.property(days, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (count, gone) => {
        const chain = chainOf(plainLinks(count));
        const there = chain.filter((_, index) => index === count - 1 || gone[index] !== true);
        const runs: [number, number][] = [];
        for (let index = 0; index < count - 1; index++) {
          if (gone[index] !== true) continue;
          const last = runs.at(-1);
          if (last !== undefined && last[1] === index - 1) last[1] = index;
          else runs.push([index, index]);
        }
        const faults = check(there, dayAt(count - 1)).flatMap((checked) => checked.faults);
        expect(faults.map(({ finding }) => finding.key)).toEqual(runs.map(([from]) => keyAt(from)));
        for (const [index, [from, until]] of runs.entries()) {
          const { finding, hidesMore } = faults[index]!;
          expect(hidesMore).toBe(true);
          expect(finding).toMatchObject({ code: "digest_missing", expected: chain[until]!.sha256 });
          const what = from === until ? "is missing" : `and those up to ${dayAt(until)}, ${String(until - from + 1)} digests, are missing`;
          expect(finding.text).toContain(`${keyAt(from)} ${what}, although ${keyAt(until + 1)} names it`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("at the end are missing where another gateway's digest names the last, and not twice", () => {
    const east = chainOf(plainLinks(4), "east");
    const prod = chainOf(plainLinks(4).map((link, index) => ({ ...link, header: index === 3 ? { others: [linkTo(east[3]!)] } : {} })));
    const faults = check([...prod, ...east.slice(0, 2)], dayAt(4), ["prod", "east"]);
    expect(findingsOf(faults)).toEqual([`chain_ends_early ${keyAt(4)}`, `digest_missing ${keyAt(2, "east")}`]);
  });
});

describe("a digest at a place that is not its own", () => {
  const chain = chainOf(plainLinks(3));

  test("is a copy where the original lies at home, and hides what it replaced", () => {
    const copied = [chain[0]!, { ...chain[0]!, key: keyAt(1) }, chain[2]!];
    const fault = check(copied, dayAt(2)).flatMap(({ faults }) => faults).find(({ finding }) => finding.key === keyAt(1));
    expect(fault).toMatchObject({ hidesMore: true, finding: { code: "replaced_by_older", expected: `prod ${dayAt(1)}`, found: `prod ${dayAt(0)}` } });
  });

  test("is out of order where it lies nowhere else", () => {
    const moved = [chain[0]!, chain[1]!, { ...chain[2]!, key: keyAt(3) }];
    const fault = check(moved, dayAt(2)).flatMap(({ faults }) => faults).find(({ finding }) => finding.key === keyAt(3));
    expect(fault).toMatchObject({ hidesMore: false, finding: { code: "digest_order", expected: `prod ${dayAt(3)}`, found: `prod ${dayAt(2)}` } });
  });

  test.each(["2026-13-01", "2026-02-30", "2026-1-1"])("is added where the calendar has no day %s", (date) => {
    const added = { ...chain[2]!, key: `archive/prod/_digests/${date}.json` };
    expect(findingsOf(check([...chain, added], dayAt(2)))).toEqual([`added ${added.key}`]);
  });

  test("is refuted by a later one that names other bytes for its day", () => {
    const made = store(chainOf([{ exports: [exportNamed("else")] }])[0]!.document);
    const fault = check([made, ...chain.slice(1)], dayAt(2)).flatMap(({ faults }) => faults);
    expect(fault).toHaveLength(1);
    expect(fault[0]).toMatchObject({ hidesMore: true, finding: { code: "digest_altered", key: keyAt(0), expected: chain[0]!.sha256, found: made.sha256 } });
    expect([...fault[0]!.listed]).toEqual([exportNamed("else").key]);
  });
});
