import type { Config } from "../../config/config.ts";
import { loadUndelivered } from "../../lake/records/delivery-record.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { Environment } from "../../messages/target.ts";
import { mailServer, secretsOf } from "../../open/configured-targets.ts";
import { deliverySettings } from "../../open/delivery-settings.ts";
import { openLake } from "../../open/open-stores.ts";
import { describeServer } from "./doctor-alerts.ts";
import type { Finding } from "./finding.ts";

/** Checks whether reports can be sent to owners of teams, without sending any. */
export function findInOwners(config: Config, env: Environment, now: Date): Finding[] {
  const { smtp, directory } = config;
  const ownerOf = deliverySettings(config)?.ownerOf;
  if (ownerOf === undefined || smtp === undefined) return [];
  const server = { check: "deliver owners", ...describeServer(mailServer(smtp), secretsOf(config, env)) };
  const without = [...new Set(directory.teams.map(({ name }) => name))].filter((team) => ownerOf(team, now) === undefined);
  if (without.length === 0) return [server];
  const finding = `no address for the owner of ${listSome(without)}: these teams' reports are not sent`;
  return [server, { check: "deliver owners", state: "attention", finding, remedy: "set owner in directory.teams, or deliver.owners, to an e-mail address" }];
}

/** Reports that did not reach a recipient. */
export async function findUndeliveredReports(config: Config): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const missed = (await loadUndelivered(await openLake(config))).flatMap(({ targets }) => targets);
  const count = (state: string): number => missed.filter((target) => target.state === state).length;
  const [waiting, lost] = [count("waiting") + count("failed"), count("given_up")];
  if (waiting + lost === 0) return [];
  const finding = `${String(waiting)} not delivered yet, ${String(lost)} given up`;
  return [{ check: "reports", state: "attention", finding, remedy: "aperture-ledger status names them; aperture-ledger deliver --again sends them again, including those given up" }];
}
