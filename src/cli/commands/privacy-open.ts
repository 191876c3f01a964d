import { randomUUID } from "node:crypto";
import { openPseudonym } from "../../archive/open-pseudonym.ts";
import { privacyKeyMissing } from "../../chargeback/hiding/privacy.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import type { Clock } from "../../ledger/clock.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { readSecrets } from "../../open/archive-settings.ts";
import { openTelling, openWork } from "../../open/open-ledger.ts";
import { openStores } from "../../open/open-stores.ts";
import { actor } from "../actor.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";

export interface OpenFlags extends SettingFlags {
  reason: string;
  by?: string;
  json?: boolean;
}

/** Prints the login behind a report's pseudonym, after recording who asked. Resolves to the exit code. */
export async function openReportPseudonym(pseudonym: string, flags: OpenFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { privacyKey: key } = await readSecrets(config);
  if (key === undefined) throw privacyKeyMissing();
  const services = { log: openLog(), progress: silentProgress, clock };
  const ledger = { stores: await openStores(config), telling: openTelling(config, services), work: await openWork(config, services) };
  const opened = await openPseudonym(ledger, { pseudonym, reason: flags.reason, by: actor(flags.by), key }, randomUUID);
  if (flags.json) printJson({ pseudonym: opened.pseudonym, logins: opened.logins, recorded: opened.recorded });
  else print(`recorded     in the chain of ${listSome(opened.recorded)}`, ...opened.logins.map((login) => `person       ${opened.pseudonym} is ${visibleText(login)}`));
  return 0;
}
