import { ALERT, type RaisedAlert } from "../../lake/records/alert-record.ts";
import type { ToSend } from "../../lake/records/sending-record.ts";
import { sendOnce, type SentOnce } from "../../messages/send-once.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { Alert } from "../alerts/alert.ts";
import { alertMessage } from "../alerts/alert-message.ts";
import type { Alerting, Notifying } from "./alerting.ts";

/** The alerts of this evaluation, by outcome. */
export type SentAlerts = Pick<SentOnce<RaisedAlert>, "sent" | "failed" | "known">;

/**
 * Records and sends each new alert, and sends the unfinished alerts of earlier evaluations. Failed targets are noted in the records and the
 * log. Throws `alerts_failed`, at the end, where the lake could not be read or written.
 */
export async function sendAlerts(
  { stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">,
  alerts: readonly Alert[],
  notifying: Notifying,
  tools: Alerting["tools"],
): Promise<SentAlerts> {
  const kind = {
    ...ALERT,
    noun: "alert",
    failed: "alerts_failed",
    toMessage: (record: RaisedAlert) => alertMessage(record, lake),
    targetOf: (_: RaisedAlert, name: string) => notifying.targets.find((target) => target.name === name),
  } as const;
  const { sent, failed, known } = await sendOnce({ lake, log }, kind, alerts.map(toSend), notifying, tools);
  return { sent, failed, known };
}

function toSend({ kind, limit, period, threshold, title, lines, figures, targets }: Alert): ToSend<RaisedAlert> {
  return { content: { format: 1, kind, limit, period, threshold, title, lines: [...lines], figures: { ...figures } }, targets };
}
