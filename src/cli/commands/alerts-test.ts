import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { testMessage } from "../../limits/alerts/alert-message.ts";
import { sendAlert } from "../../limits/alerts/send-alert.ts";
import { alertTools, notifyingSettings, secretsOf } from "../../open/alert-settings.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJsonText } from "../terminal.ts";
import { listSome } from "../../ledger/text/list-some.ts";

export interface AlertsTestFlags extends SettingFlags {
  target: string;
}

/** Sends a message to one target without recording it. Throws `alert_undelivered`. */
export async function testTarget(flags: AlertsTestFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { targets, withinMilliseconds } = notifyingSettings(config);
  const target = targets.find(({ name }) => name === flags.target);
  if (target === undefined) {
    const known = listSome(targets.map(({ name }) => name));
    throw new LedgerError("usage", `there is no target ${JSON.stringify(flags.target)}`, {
      remedy: known === "" ? "set notify: in the configuration" : `targets are ${known}`,
    });
  }
  const tools = alertTools(printJsonText, secretsOf(config), clock);
  const { failure, tries } = await sendAlert(testMessage(target.name), target, tools, AbortSignal.timeout(withinMilliseconds));
  if (failure !== null) {
    throw new LedgerError("alert_undelivered", `${target.name} did not take the message: ${failure} after ${String(tries)} tries`, {
      remedy: "see docs/alerts.md for what that means; aperture-ledger doctor says which host it is",
    });
  }
  if (target.kind !== "stdout") print(`${target.name} took the message`);
  return 0;
}
