import { layout } from "../../lake/layout.ts";
import type { Message } from "../../messages/message.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { Alert } from "./alert.ts";

/** An alert as its targets receive it. */
export function alertMessage({ kind, limit, period, threshold, title, lines, figures }: Omit<Alert, "targets">, { url }: Pick<ObjectStore, "url">): Message {
  const key = layout.alert({ limit, period, threshold });
  const id = key.replace(/^alerts\/|\.json$/g, "");
  return { title, lines, identity: `${url}/${key}`, body: { id, kind, limit, period, threshold, title, lines, figures } };
}

/** The message of `alerts test`. */
export function testMessage(target: string, now: Date): Message {
  const title = "aperture-ledger: a test message";
  const lines = [`Sent by aperture-ledger alerts test --target ${target}.`, "Nothing was exceeded."];
  return {
    title,
    lines,
    identity: `a test of ${target} at ${now.toISOString()}`,
    body: { id: "test", kind: "test", limit: "test", period: "test", threshold: "test", title, lines, figures: {} },
  };
}
