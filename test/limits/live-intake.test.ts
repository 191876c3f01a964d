import pino from "pino";
import { expect, test } from "vitest";
import { LiveIntake } from "../../src/limits/live/live-intake.ts";
import type { ArrivedRequest, LiveRequests } from "../../src/limits/live/live-requests.ts";
import { until } from "../queue/test-queue.ts";

const FAST = { gatherMs: 1, retryMs: 1 };

function arrived(requestId: string): ArrivedRequest {
  return { requestId, instance: "prod", login: null, provider: null, model: "m", cost: 1n, at: new Date("2026-10-08T12:00:00Z") };
}

/** Fails as often as is wanted, and then keeps what it is given. */
function keeper(failures: number): { requests: LiveRequests; ids: string[]; calls: () => number } {
  const ids: string[] = [];
  let calls = 0;
  const add = async (all: readonly ArrivedRequest[]): Promise<void> => {
    calls++;
    if (calls <= failures) throw new Error("Connection is closed.");
    ids.push(...all.map(({ requestId }) => requestId));
    await Promise.resolve();
  };
  return { requests: { add, sumsFrom: () => Promise.reject(new Error("not asked")), seen: () => { throw new Error("not asked"); } }, ids, calls: () => calls };
}

test("nothing is lost while Redis is away for a while, and one line says so", async () => {
  const { requests, ids } = keeper(3);
  const lines: string[] = [];
  const intake = new LiveIntake(requests, pino({}, { write: (line: string) => void lines.push(line) }), { ...FAST, batch: 2 });
  const wanted = Array.from({ length: 7 }, (_, index) => `r${String(index)}`);
  for (const id of wanted) expect(intake.add(arrived(id))).toBe(true);
  await until(() => intake.kept === 7, "all are kept");
  expect(ids).toEqual(wanted);
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([expect.stringContaining("cannot be stored"), "live requests are stored again"]);
});

test("what waits is bounded, and the sender is told", async () => {
  const { requests, ids } = keeper(1);
  const intake = new LiveIntake(requests, pino({ level: "silent" }), { ...FAST, waiting: 2 });
  expect(["a", "b", "c"].map((id) => intake.add(arrived(id)))).toEqual([true, true, false]);
  await intake.close();
  expect(ids).toEqual(["a", "b"]);
});

test("an end keeps what waits, and does not wait for a Redis that is gone", async () => {
  const kept = keeper(0);
  const intake = new LiveIntake(kept.requests, pino({ level: "silent" }));
  intake.add(arrived("a"));
  await intake.close();
  expect(kept.ids).toEqual(["a"]);
  const gone = keeper(Infinity);
  const other = new LiveIntake(gone.requests, pino({ level: "silent" }), { gatherMs: 1, retryMs: 600_000 });
  other.add(arrived("a"));
  await until(() => gone.calls() > 0, "it was tried");
  await other.close();
  expect(gone.ids).toEqual([]);
});

test("an end does not wait for a call that Redis never answers", async () => {
  const { requests, calls } = keeper(0);
  const hanging = { ...requests, add: async (all: readonly ArrivedRequest[]) => await requests.add(all).then(async () => await new Promise<never>(() => undefined)) };
  const intake = new LiveIntake(hanging, pino({ level: "silent" }), { ...FAST, closingMs: 1 });
  intake.add(arrived("a"));
  await until(() => calls() > 0, "it was tried");
  await intake.close();
  expect(intake.kept).toBe(0);
});
