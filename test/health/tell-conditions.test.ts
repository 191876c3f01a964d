import { describe, expect, test } from "vitest";
import { eraseFromAlerts } from "../../src/archive/erasing/erase-alerts.ts";
import type { Condition } from "../../src/health/conditions/condition.ts";
import type { HealthSettings } from "../../src/health/conditions/health-settings.ts";
import { noteVerification } from "../../src/health/note-verification.ts";
import { tellConditions } from "../../src/health/telling/tell-conditions.ts";
import { loadAlerts } from "../../src/lake/records/alert-record.ts";
import { loadOpenConditions, removeOpenCondition } from "../../src/lake/records/open-condition.ts";
import { HEALTH_KINDS, type HealthKind } from "../../src/ledger/alert-kinds.ts";
import { loginReplacer } from "../../src/ledger/names/login-replacer.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { changeLedger } from "../change-ledger.ts";
import { keysOf } from "../keys-of.ts";
import { testTools, type TestTools } from "../messages/sending-tools.ts";
import { plainLedger } from "../plain-ledger.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { SETTINGS } from "./known-exports.ts";

const NOW = new Date("2026-10-06T02:00:00Z");

function telling(changes: Partial<HealthSettings> = {}): { ledger: Ledger; lake: FsStore; tools: TestTools } {
  const lake = new FsStore(temporaryFolder());
  const tools = testTools();
  const alerting = { notifying: { targets: [{ name: "ops", kind: "stdout" as const }], withinMilliseconds: 5000, attempts: 1, retryMilliseconds: 1000 }, anomalies: undefined, tools };
  return { ledger: changeLedger(plainLedger(lake, lake), { telling: { alerting }, rules: { health: { ...SETTINGS, ...changes } } }), lake, tools };
}

function condition(kind: HealthKind, members: string[] = [], changes: Partial<Condition> = {}): Condition {
  return { kind, subject: "prod", since: new Date("2026-10-05T11:00:00Z"), members, facts: ["a fact"], figures: {}, ...changes };
}

async function tell({ ledger }: { ledger: Ledger }, ...found: Condition[]): Promise<number> {
  return (await tellConditions(ledger, { found, wasLookedFor: () => true }, NOW)).sent;
}

function titles({ printed }: TestTools): string[] {
  return printed.splice(0).map((line) => (JSON.parse(line) as { title: string }).title);
}

describe("a condition", () => {
  test.each(HEALTH_KINDS)("(%s) is told once, once more when it is over, and again when it begins again", async (kind) => {
    const told = telling();
    const members = ["damaged", "quarantined", "gap_open"].includes(kind) ? ["one"] : [];
    for (const round of [1, 2, 3]) {
      expect([await tell(told, condition(kind, members)), await tell(told, condition(kind, members)), await tell(told), await tell(told)], `round ${String(round)}`).toEqual([1, 0, 1, 0]);
    }
    const shown = titles(told.tools);
    expect(shown).toHaveLength(6);
    expect(shown[0]).toMatch(/^prod: /);
    expect(shown[1]).toMatch(/^prod: over: /);
    expect(await loadOpenConditions(told.lake)).toEqual([]);
    const limit = `${kind} prod`;
    const begun = ["2026-10-05T11:00:00Z", "2026-10-05T11:00:00Z.2", "2026-10-05T11:00:00Z.3"];
    expect((await loadAlerts(told.lake)).map((one) => `${one.kind}|${one.limit}|${one.period}|${one.threshold.split("-")[0] ?? ""}`).toSorted()).toEqual(begun.flatMap((period) => [`${kind}|${limit}|${period}|cleared`, `${kind}|${limit}|${period}|raised`]).toSorted());
  });

  test("says what happened, since when, and what to do, in words and for machines", async () => {
    const told = telling();
    await tell(told, condition("exports_silent", [], { facts: ["none for 5 hours"], figures: { silent_minutes: 300 } }));
    const [sent] = told.tools.printed.map((line) => JSON.parse(line) as object);
    expect(sent).toEqual({
      id: "exports_silent%20prod/2026-10-05T11%3A00%3A00Z/raised",
      kind: "exports_silent",
      limit: "exports_silent prod",
      period: "2026-10-05T11:00:00Z",
      threshold: "raised",
      title: "prod: no exports arrive: none for 5 hours",
      lines: ["Since 2026-10-05T11:00:00Z.", expect.stringMatching(/^What to do: see whether the gateway runs/), "Where to look: aperture-ledger status"],
      figures: { silent_minutes: 300, state: "raised", subject: "prod", since: "2026-10-05T11:00:00Z" },
      sent_at: NOW.toISOString(),
    });
  });

  test("of many members names the first ones", async () => {
    const told = telling();
    const many = Array.from({ length: 30 }, (_, index) => `m${String(index)}`);
    await tell(told, condition("unpriced", many, { facts: many }));
    const { title, lines } = JSON.parse(told.tools.printed[0] ?? "") as { title: string; lines: string[] };
    expect([title, lines.length, lines[21]]).toEqual(["prod: 30 models have no price: m0, m1, m2, m3, m4 and 25 more", 24, "and 10 more"]);
  });

  test("tells each member once, new ones alone, and one again that was gone and came back", async () => {
    const told = telling();
    await tell(told, condition("damaged", ["a", "b"]));
    await tell(told, condition("damaged", ["b", "c"]));
    await tell(told, condition("damaged", ["b"]));
    await tell(told, condition("damaged", ["a", "b"]));
    await tell(told);
    expect(titles(told.tools)).toEqual(["prod: 2 exports are damaged: a, b", "prod: 1 export is damaged: c", "prod: 1 export is damaged: a", "prod: over: no export is damaged"]);
  });

  test("that was told is not told again by a worker that died before it noted that, or by one at the same time", async () => {
    const told = telling();
    await tell(told, condition("damaged", ["a"]));
    await removeOpenCondition(told.lake, { kind: "damaged", subject: "prod" });
    expect(await tell(told, condition("damaged", ["a"]))).toBe(0);
    await Promise.all([tell(told, condition("damaged", ["a", "b"])), tell(told, condition("damaged", ["a", "b"]))]);
    expect(titles(told.tools)).toEqual(["prod: 1 export is damaged: a", "prod: 1 export is damaged: b"]);
  });

  test("of a gateway that is no source any more, or of a kind that is ignored now, is forgotten and not said to be over", async () => {
    const told = telling();
    await tell(told, condition("damaged", ["a"], { subject: "lab" }), condition("backlog"));
    told.tools.printed.length = 0;
    const ignoring = changeLedger(told.ledger, { rules: { health: { ...SETTINGS, ignore: new Set(["backlog"]) } } });
    await tell({ ledger: ignoring });
    expect([titles(told.tools), await loadOpenConditions(told.lake)]).toEqual([[], []]);
  });

  test("about a bucket of an erased caller forgets the login, and is not told again with the pseudonym", async () => {
    const told = telling();
    const drift = condition("quota_drift", ["daily:ann@example.com"], { facts: ["daily:ann@example.com: the gateway says $1.00"] });
    await tell(told, drift);
    await eraseFromAlerts(told.lake, loginReplacer("ann@example.com", "erased-1"), true);
    const keys = await keysOf(told.lake);
    expect([keys, ...(await Promise.all(keys.map(async (key) => (await told.lake.read(key)).toString())))].join()).not.toContain("ann@");
    const erasing = changeLedger(told.ledger, { rules: { allocation: { ...told.ledger.rules.allocation, pseudonymOf: (login: string) => (login === "ann@example.com" ? "erased-1" : undefined) } } });
    expect(await tell({ ledger: erasing }, drift)).toBe(0);
    expect((await loadOpenConditions(told.lake))[0]).toMatchObject({ members: ["daily:erased-1"], facts: ["daily:erased-1: the gateway says $1.00"] });
  });

  test("that was not looked for stays open", async () => {
    const told = telling();
    await tell(told, condition("unpriced", ["m"]));
    await tellConditions(told.ledger, { found: [], wasLookedFor: (kind) => kind !== "unpriced" }, NOW);
    expect((await loadOpenConditions(told.lake)).map(({ kind }) => kind)).toEqual(["unpriced"]);
  });

  test("whose note cannot be read is not told again", async () => {
    const told = telling();
    await tell(told, condition("backlog"));
    await told.lake.replace("_ledger/health/open/backlog/prod.json", Buffer.from('{"format":2}'));
    expect(await tell(told, condition("backlog"))).toBe(0);
  });
});

describe("a verification", () => {
  const finding = (code: "altered" | "deleted", key: string) => ({ code, key, instance: "prod", problem: "" }) as never;
  const checked = (...findings: never[]) => ({ checkedAt: "2026-10-06T01:00:00.000Z", findings });

  test("that fails is told by object, and is over with a whole one that does not", async () => {
    const { ledger, tools, lake } = telling();
    await noteVerification(ledger, checked(finding("altered", "archive/prod/a")), true, NOW);
    await noteVerification(ledger, checked(finding("deleted", "archive/prod/b")), false, NOW);
    await noteVerification(ledger, checked(), false, NOW);
    expect((await loadOpenConditions(lake))[0]?.members).toEqual(["altered archive/prod/a", "deleted archive/prod/b"]);
    await noteVerification(ledger, checked(), true, NOW);
    expect(titles(tools)).toEqual([
      "the archive: 1 object of the archive failed verification: altered archive/prod/a",
      "the archive: 1 object of the archive failed verification: deleted archive/prod/b",
      "the archive: over: verification finds nothing wrong",
    ]);
  });
});
