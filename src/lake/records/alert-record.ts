import pMap from "p-map";
import { z } from "zod";
import { ALERT_KINDS } from "../../ledger/alert-kinds.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readJson } from "../json-object.ts";
import { type AlertName, ALERTS, layout, OPEN_ALERTS } from "../layout.ts";
import { listKeys, loadOpen, readIfThere, type SentKind, sendingShape, type ToSend } from "./sending-record.ts";

/** An alert as it was raised: a later attempt sends the same content. */
const raised = {
  format: z.literal(1),
  kind: z.enum(ALERT_KINDS),
  limit: z.string(),
  period: z.string(),
  threshold: z.string(),
  title: z.string(),
  lines: z.array(z.string()),
  figures: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
};
const raisedAlert = z.object(raised);
export type RaisedAlert = z.infer<typeof raisedAlert>;

export const alertRecord = z.object({ ...raised, ...sendingShape });
export type AlertRecord = z.infer<typeof alertRecord>;

export const openAlert = z.object({ ...raised, targets: z.array(z.string()) });
/** An alert whose record is missing or not in its final state. */
export type OpenAlert = z.infer<typeof openAlert>;

export const ALERT: SentKind<RaisedAlert> = {
  record: alertRecord,
  open: openAlert.transform(({ targets, ...content }) => ({ content, targets })),
  openFolder: OPEN_ALERTS,
  keysOf: (alert) => ({ record: layout.alert(alert), open: layout.openAlert(alert), claims: layout.alertClaims(alert) }),
};

/** The record of an alert; undefined when it was never raised. */
export async function readAlert(store: ObjectStore, alert: AlertName): Promise<AlertRecord | undefined> {
  return await readIfThere(store, layout.alert(alert), alertRecord);
}

/** All of them, in order of their keys. */
export async function loadAlerts(store: ObjectStore): Promise<AlertRecord[]> {
  return await pMap(await listKeys(store, ALERTS), (key) => readJson(store, key, alertRecord), { concurrency: READS_AT_ONCE });
}

/** Unfinished alerts. */
export async function loadOpenAlerts(store: ObjectStore): Promise<ToSend<RaisedAlert>[]> {
  return await loadOpen(store, ALERT);
}
