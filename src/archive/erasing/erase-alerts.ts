import { alertRecord, type AlertRecord, openAlert, type OpenAlert } from "../../lake/records/alert-record.ts";
import { keepOpenCondition, loadOpenConditions, replaceInCondition } from "../../lake/records/open-condition.ts";
import { jsonBytes, readJson } from "../../lake/json-object.ts";
import { ALERTS, type AlertName, layout, OPEN_ALERTS } from "../../lake/layout.ts";
import { replaceInAlert } from "../../limits/alerts/erase-names.ts";
import { eraseObject } from "../../storage/erase-object.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/**
 * Replaces a login in the alerts, both in their texts and in their keys, and in the conditions that they are about. An alert already sent about the login counts as sent about
 * the pseudonym. Each record is written under its new key before the old one is removed, so that the next call finishes an
 * interrupted one. Returns the number of alerts that contained the login.
 */
export async function eraseFromAlerts(lake: ObjectStore, replace: (text: string) => string, apply: boolean): Promise<number> {
  const records = await changeAll<AlertRecord>(lake, { prefix: ALERTS, read: (key) => readJson(lake, key, alertRecord), keyOf: layout.alert }, replace, apply);
  const open = await changeAll<OpenAlert>(lake, { prefix: OPEN_ALERTS, read: (key) => readJson(lake, key, openAlert), keyOf: layout.openAlert }, replace, apply);
  for (const condition of apply ? await loadOpenConditions(lake) : []) {
    const after = replaceInCondition(condition, replace);
    if (JSON.stringify(after) !== JSON.stringify(condition)) await keepOpenCondition(lake, after);
  }
  return new Set([...records, ...open]).size;
}

interface Kind<Told> {
  prefix: string;
  read: (key: string) => Promise<Told>;
  keyOf: (name: AlertName) => string;
}

/** Keys of the records that were changed, or would be without `apply`. */
async function changeAll<Told extends AlertRecord | OpenAlert>(lake: ObjectStore, { prefix, read, keyOf }: Kind<Told>, replace: (text: string) => string, apply: boolean): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list(prefix)) keys.push(key);
  const changed: string[] = [];
  for (const key of keys) {
    const before = await read(key);
    const after = replaceInAlert(before, replace);
    if (JSON.stringify(after) === JSON.stringify(before)) continue;
    changed.push(layout.alert(after));
    if (!apply) continue;
    const renamed = keyOf(after);
    if (renamed === key) await lake.replace(key, jsonBytes(after));
    else {
      await lake.create(renamed, jsonBytes(after));
      await moveClaims(lake, before, after);
      await eraseObject(lake, key);
    }
  }
  return changed;
}

async function moveClaims(lake: ObjectStore, before: AlertName, after: AlertName): Promise<void> {
  const [from, to] = [layout.alertClaims(before), layout.alertClaims(after)];
  const keys: string[] = [];
  for await (const { key } of lake.list(from)) keys.push(key);
  for (const key of keys) {
    await lake.create(`${to}${key.slice(from.length)}`, await lake.read(key));
    await eraseObject(lake, key);
  }
}
