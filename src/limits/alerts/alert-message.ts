import type { Alert } from "./alert.ts";

/** An alert as a receiver sees it. */
export interface AlertMessage extends Omit<Alert, "kind" | "targets"> {
  /** The same for every attempt, so that receivers can recognise repetitions. */
  id: string;
  kind: Alert["kind"] | "test";
}

/** The JSON for webhooks and standard output. */
export function renderMessage(message: AlertMessage, sentAt: Date): string {
  const { id, kind, limit, period, threshold, title, lines, figures } = message;
  return JSON.stringify({ id, kind, limit, period, threshold, title, lines, figures, sent_at: sentAt.toISOString() });
}

/** The message of `alerts test`. */
export function testMessage(target: string): AlertMessage {
  return {
    id: "test",
    kind: "test",
    limit: "test",
    period: "test",
    threshold: "test",
    title: "aperture-ledger: a test message",
    lines: [`Sent by aperture-ledger alerts test --target ${target}.`, "Nothing was exceeded."],
    figures: {},
  };
}
