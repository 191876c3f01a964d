import { gitPlace } from "../archive/heads/git-place.ts";
import type { HeadPlace } from "../archive/heads/head.ts";
import { notifyPlace } from "../archive/heads/notify-place.ts";
import { storePlace } from "../archive/heads/store-place.ts";
import { type Config, toLocation } from "../config/config.ts";
import { sendMessage, type SendingTools } from "../messages/send-message.ts";
import { openStore } from "../storage/open-store.ts";
import { configuredTargets } from "./configured-targets.ts";

/** The places of `archive.heads`. */
export function headPlaces(config: Pick<Config, "archive" | "notify" | "smtp" | "alerts">, tools: SendingTools): HeadPlace[] {
  const targets = configuredTargets(config);
  return config.archive.heads.flatMap((place): HeadPlace[] => {
    if (place.kind === "git") return [gitPlace(place)];
    if (place.kind === "store") {
      const at = toLocation(place.url);
      return [storePlace(() => openStore(at), `store ${at.url}`)];
    }
    return targets.filter(({ name }) => place.targets.includes(name)).map((target) =>
      notifyPlace(target.name, async (message) => (await sendMessage(message, target, tools, AbortSignal.timeout(config.alerts.within_seconds * 1000))).failure));
  });
}
