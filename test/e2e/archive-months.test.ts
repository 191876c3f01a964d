import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import type { EventKind } from "../../src/archive/chain/event.ts";
import { Chance, SEED } from "../archive/chance.ts";
import { eventsOf } from "../archive/retained-archive.ts";
import { Tampering } from "../archive/verifying.ts";
import { runs } from "../property/runs.ts";
import { nameOf } from "./archived-days.ts";
import { TAMPERINGS, type Targets, targetsIn } from "./tamperings.ts";
import { day, DAYS, liveThrough, TwoMonths } from "./two-months.ts";

describe("fifty days of two gateways, with retention, holds, an erasure, rotations, a closed month and three days of silence", () => {
  let months: TwoMonths;
  let targets: Targets;

  beforeAll(async () => {
    months = new TwoMonths();
    await liveThrough(months);
    targets = await targetsIn(months);
    // The morning after: what was sealed last has to be there.
    months.now = new Date(months.now.getTime() + 86_400_000);
  }, 900_000);

  afterAll(() => {
    months.end();
  });

  test("are what they were meant to be: something of each kind happened", async () => {
    const counts = async (kind: EventKind): Promise<number> => (await eventsOf(months.lake, kind, "prod")).length;
    for (const kind of ["hold", "release", "erasure"] as const) expect(await counts(kind), kind).toBe(1);
    expect(await counts("rotation")).toBe(2);
    for (const kind of ["purge", "reduction"] as const) expect(await counts(kind), kind).toBeGreaterThan(3);
    expect(targets.digests).toHaveLength(2 * DAYS.length);
    expect(targets.closes).toHaveLength(1);
    expect(targets.reduced.length).toBeGreaterThan(70);
    expect(targets.purged).toHaveLength(8);
    expect(months.checked.every(({ without_copy }) => without_copy.length === 0)).toBe(true);
  });

  test("are verified with the first public key, with those after it, by sample and of one gateway, tables and closed month included", async () => {
    const { length: exports } = [...targets.exports, ...targets.purged];
    for (const { publicKey } of months.keys) {
      const { findings, notes, notChecked, derived, gateways, trustedKeys } = await months.verify({ publicKey });
      expect({ findings, notes, notChecked }).toEqual({ findings: [], notes: [], notChecked: [expect.stringContaining("rollups, tools, allocations") as string] });
      expect(derived).toMatchObject({ exports, days: 2 * DAYS.length, closes: 1 });
      expect(gateways.map(({ digests, waiting }) => ({ digests, waiting }))).toEqual([0, 1].map(() => ({ digests: DAYS.length, waiting: { exports: 0, events: 0 } })));
      expect(trustedKeys).toHaveLength(3);
    }
    expect(await months.verify({ sample: { exports: 20, seed: "chosen by the auditor" } })).toMatchObject({ findings: [], sample: { exports: 20 } });
    expect((await months.verify({ instance: "dev" })).findings).toEqual([]);
  });

  test("miss exactly what the damaged export lost, whatever was purged, reduced, erased, late or replaced", async () => {
    const { completeness, exports, records } = await readLedgerStatus(months.ledger());
    const [dev, prod] = completeness.gateways;
    expect(dev).toMatchObject({ missing: "0", gaps: [], silences: [], unknown_exports: 0, restarts: 0 });
    expect(prod).toMatchObject({ missing: "2", silences: [], unknown_exports: 0, restarts: 0 });
    expect(prod?.gaps).toMatchObject([{ state: "open", missing: "2", after: { export: nameOf(day(22)) } }]);
    expect(exports).toMatchObject({ waiting: 0, stale: 0, without_copy: [] });
    expect(records.quarantined).toBe(2);
  });

  /** Of fifty random tamperings, in two cases: each has the whole archive verified. */
  const TAMPERED = runs(50).numRuns;
  const chance = new Chance();

  test.each([[0, Math.ceil(TAMPERED / 2)], [Math.ceil(TAMPERED / 2), TAMPERED]])("tell of each random tampering from number %i to %i, and name it", async (first, end) => {
    const kinds = Object.entries(TAMPERINGS);
    for (let run = first; run < end; run++) {
      const [name, tamper] = kinds[run % kinds.length]!;
      const at = new Tampering(months.root);
      const { codes, keys, derived } = tamper(chance, at, targets);
      const { findings } = await months.verify(derived ? {} : { lake: undefined });
      const what = `${name}, tampering ${String(run)} of seed ${String(SEED)}: ${JSON.stringify(findings, null, 1)}`;
      expect(findings.map(({ key }) => key), what).toEqual(keys.toSorted());
      for (const { code } of findings) expect(codes, what).toContain(code);
      at.undo();
    }
    expect((await months.verify()).findings).toEqual([]);
  });
});
