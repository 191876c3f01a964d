import { z } from "zod";
import type { DeliverySettings } from "../chargeback/delivering/delivery-settings.ts";
import { OWNER } from "../chargeback/delivering/delivery-settings.ts";
import type { Config } from "../config/config.ts";
import { dayOf } from "../ledger/days.ts";
import { configuredTargets, mailbox } from "./configured-targets.ts";

type Configured = Pick<Config, "deliver" | "directory" | "notify" | "report" | "smtp" | "timezone">;

/** Owners have no target in the configuration, and therefore no configured time limit. */
const OWNER_SECONDS = 30;

/** Who gets the reports; undefined where the configuration does not say. It has no effect on who pays, so it is not part of a month's settings. */
export function deliverySettings(config: Configured): DeliverySettings | undefined {
  const { deliver } = config;
  if (deliver === undefined) return undefined;
  const { pages, company, teams, owners } = deliver;
  return {
    targets: configuredTargets(config),
    pages: pages?.replace(/\/+$/, ""),
    company,
    teams,
    ownerOf: owners === undefined ? undefined : (team, at) => {
      const address = owners.get(team) ?? addressIn(config.report.owners.get(team)) ?? addressIn(ownerInDirectory(config, team, dayOf(at, config.timezone)));
      return address === undefined ? undefined : mailbox(OWNER, address, config, OWNER_SECONDS);
    },
    withinMilliseconds: deliver.within_seconds * 1000,
    attempts: deliver.attempts,
    retryMilliseconds: deliver.retry_minutes * 60_000,
  };
}

/** An owner may be any text; only an address gets e-mail. */
function addressIn(owner: string | undefined): string | undefined {
  return z.email().safeParse(owner).data;
}

/** The owner of the team on a day, or of the last earlier team of that name. */
function ownerInDirectory({ directory }: Configured, team: string, day: string): string | undefined {
  const begun = directory.teams.filter(({ name, from }) => name === team && (from === undefined || from <= day));
  const current = begun.find(({ until }) => until === undefined || until > day) ?? begun.toSorted((a, b) => ((a.until ?? "") < (b.until ?? "") ? 1 : -1)).at(0);
  return current?.owner;
}
