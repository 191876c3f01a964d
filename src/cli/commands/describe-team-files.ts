import type { TeamFiles } from "../../chargeback/gathering/team-chargebacks.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** The locations of a team's files, for JSON. */
export function describeTeamFiles(lake: Pick<ObjectStore, "url">, { team, files: { html, csv, json } }: TeamFiles): object {
  return { team, html: addressOf(lake, html), csv: addressOf(lake, csv), json: addressOf(lake, json) };
}
