import type { Alert } from "./alert.ts";

/** An alert as a receiver gets it. */
export interface AlertMessage extends Omit<Alert, "kind" | "targets"> {
  /** The same however often it is sent: receivers may tell repetitions by it. */
  id: string;
  kind: Alert["kind"] | "test";
}

/** The JSON that webhooks and standard output get. */
export function renderMessage(message: AlertMessage, sentAt: Date): string {
  const { id, kind, limit, period, threshold, title, lines, figures } = message;
  return JSON.stringify({ id, kind, limit, period, threshold, title, lines, figures, sent_at: sentAt.toISOString() });
}

/** What `alerts test` sends. */
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
