import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { testMessage } from "../../limits/alerts/alert-message.ts";
import { sendMessage } from "../../messages/send-message.ts";
import { alertTools, notifyingSettings } from "../../open/alert-settings.ts";
import { secretsOf } from "../../open/configured-targets.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJsonText } from "../terminal.ts";
import { unknownTarget } from "../unknown-target.ts";

export interface AlertsTestFlags extends SettingFlags {
  target: string;
}

/** Sends a message to one target without recording it. Throws `alert_undelivered`. */
export async function testTarget(flags: AlertsTestFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { targets, withinMilliseconds } = notifyingSettings(config);
  const target = targets.find(({ name }) => name === flags.target);
  if (target === undefined) throw unknownTarget(flags.target, targets.map(({ name }) => name));
  const tools = alertTools(printJsonText, secretsOf(config), clock);
  const { failure, tries } = await sendMessage(testMessage(target.name, clock()), target, tools, AbortSignal.timeout(withinMilliseconds));
  if (failure !== null) {
    throw new LedgerError("alert_undelivered", `${target.name} did not accept the message: ${failure} after ${String(tries)} tries`, {
      remedy: "docs/alerts.md explains the failure; aperture-ledger doctor shows the host",
    });
  }
  if (target.kind !== "stdout") print(`${target.name} accepted the message`);
  return 0;
}
