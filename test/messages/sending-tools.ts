import { alertMessage } from "../../src/limits/alerts/alert-message.ts";
import type { OnceTools } from "../../src/messages/send-once.ts";

export interface TestTools extends OnceTools {
  /** Pauses that were asked for, in milliseconds. */
  pauses: number[];
  printed: string[];
  /** What the clock says; tests move it. */
  now: Date;
}

/** Tools that wait for nothing. */
export function testTools(changes: Partial<OnceTools> = {}): TestTools {
  const tools: TestTools = {
    now: new Date("2026-10-06T02:00:00Z"),
    pauses: [],
    printed: [],
    clock: () => tools.now,
    wait: (milliseconds) => {
      tools.pauses.push(milliseconds);
      return Promise.resolve();
    },
    random: () => 0.5,
    env: {},
    print: (line) => void tools.printed.push(line),
    worker: "worker-1",
    ...changes,
  };
  return tools;
}

export const ALERT = {
  kind: "budget" as const,
  limit: "payments",
  period: "2026-10",
  threshold: "80",
  title: "payments has spent 80 % of $1,000.00",
  lines: ["Spent: $812.00 until 2026-10-05", "Where to look: aperture-ledger explain"],
  figures: { spent_usd: "812.000000000", days: 5, forecast_usd: null },
};

/** The message of an alert. */
export const MESSAGE = alertMessage(ALERT, { url: "s3://lake" });
