import type { TeamFiles } from "../chargeback/reporting/team-chargebacks.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Where a team's files are, for programs. */
export function describeTeamFiles({ url }: Pick<ObjectStore, "url">, { team, files: { html, csv, json } }: TeamFiles): object {
  return { team, html: `${url}/${html}`, csv: `${url}/${csv}`, json: `${url}/${json}` };
}
