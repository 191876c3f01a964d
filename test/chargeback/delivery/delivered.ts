import pino from "pino";
import { publishReport } from "../../../src/chargeback/gathering/publish-report.ts";
import type { DeliverySettings } from "../../../src/chargeback/delivering/delivery-settings.ts";
import type { Reported } from "../../../src/chargeback/delivering/gather-reports.ts";
import type { ChargebackReport } from "../../../src/chargeback/report/report.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { changeLedger } from "../../change-ledger.ts";
import { mailTo, type TestMailServer } from "../../messages/mail-server.ts";
import type { Receiver } from "../../messages/receiver.ts";
import { testTools, type TestTools } from "../../messages/sending-tools.ts";
import { plainLedger } from "../../plain-ledger.ts";
import { temporaryFolder } from "../../test-ledger.ts";

export const MINUTE = 60_000;

/** Who gets what in these tests: the company's report goes to a webhook, a chat and a mailbox, those of teams to their owners. */
export function settingsFor(web: Receiver, mail: TestMailServer, changes: Partial<DeliverySettings> = {}): DeliverySettings {
  return {
    targets: [
      { name: "erp", kind: "webhook", url: web.url, timeoutMilliseconds: 20_000 },
      { name: "chat", kind: "slack", url: web.url, timeoutMilliseconds: 20_000 },
      mailTo(mail.port),
    ],
    pages: "https://ledger.example.com/reports",
    company: ["erp", "chat", "finance"],
    teams: new Map(),
    ownerOf: undefined,
    withinMilliseconds: 60_000,
    attempts: 3,
    retryMilliseconds: 10 * MINUTE,
    ...changes,
  };
}

/** An owner of each of these teams, at a mailbox named after the team. */
export function ownersOf(mail: TestMailServer, teams: readonly string[]): DeliverySettings["ownerOf"] {
  return (team) => (teams.includes(team) ? mailTo(mail.port, {}, { name: "(owner)", to: `${team}@example.com` }) : undefined);
}

export interface Delivering {
  ledger: Ledger;
  lake: FsStore;
  tools: TestTools;
  /** Lines of the log. */
  logged: string[];
}

/** A ledger on an empty lake that delivers as the settings say. */
export function deliveringLedger(settings: DeliverySettings, folder = temporaryFolder()): Delivering {
  const lake = new FsStore(folder);
  const logged: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  const tools = testTools();
  const plain = plainLedger(lake, lake);
  const ledger = changeLedger(plain, { telling: { delivering: settings, log, alerting: { ...plain.telling.alerting, tools } } });
  return { ledger, lake, tools, logged };
}

/** The report as a month that is open publishes it. */
export async function published(lake: FsStore, report: ChargebackReport): Promise<Reported> {
  return { open: await publishReport(lake, report) };
}
