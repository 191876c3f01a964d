import { describe, expect, test } from "vitest";
import { ingestExport } from "../../src/ingest/ingest-export.ts";
import { type Looking, pullExports } from "../../src/ingest/pull-exports.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { simulateExports, type SimulatedExport } from "../../src/simulate/write-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

async function exportsOfDays(days: number): Promise<SimulatedExport[]> {
  const exports: SimulatedExport[] = [];
  for await (const one of simulateExports({ days, records: 30 * days, everySeconds: 21_600 }).exports) exports.push(one);
  return exports;
}

interface Pulled {
  seen: number;
  names: string[];
  known: number;
}

function openLedger(prefix = ""): { add: (one: SimulatedExport, folder?: string) => Promise<void>; pull: (looking: Looking) => Promise<Pulled> } {
  const source = new FsStore(temporaryFolder());
  const lake = new FsStore(temporaryFolder());
  const ledger = testLedger(source, lake);
  return {
    add: async ({ name, bytes }, folder = prefix) => void (await source.create(folder + name, bytes)),
    async pull(looking) {
      const { seen, tasks, known } = await pullExports(ledger, await loadLedgerState(lake), looking);
      for (const task of tasks) await ingestExport(task, ledger);
      return { seen, names: tasks.map(({ name }) => name), known: known.get("prod") ?? 0 };
    },
  };
}

describe("a pull that looks at what is new", () => {
  test("begins where the source last was, with a look-back of two days for what appears late", async () => {
    const all = await exportsOfDays(8);
    const [old, late, newest] = [all[2]!, all.at(-4)!, all.at(-1)!];
    const { add, pull } = openLedger();
    for (const one of all) if (one !== old && one !== late && one !== newest) await add(one);
    await pull("at everything");
    for (const one of [old, late, newest]) await add(one);
    const { seen, names, known } = await pull("at what is new");
    expect(names).toEqual([late.name, newest.name]);
    expect(seen).toBeLessThan(all.length / 2);
    expect(known).toBe(all.length - 1);
    expect((await pull("at everything")).names).toEqual([old.name]);
    expect(await pull("at everything")).toMatchObject({ seen: all.length, names: [], known: all.length });
  });

  test("looks at everything of a source whose keys are not in order of time", async () => {
    const all = await exportsOfDays(8);
    const { add, pull } = openLedger();
    for (const [index, one] of all.entries()) if (index !== 2) await add(one, index % 2 === 0 ? "a/" : "b/");
    await pull("at everything");
    await add(all[2]!, "a/");
    expect((await pull("at what is new")).names).toEqual([all[2]!.name]);
  });

  test("looks at everything the first time", async () => {
    const all = await exportsOfDays(5);
    const { add, pull } = openLedger();
    for (const one of all) await add(one);
    expect(await pull("at what is new")).toMatchObject({ seen: all.length, known: all.length });
  });
});
