import type { TeamFiles } from "../../chargeback/gathering/team-chargebacks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** The locations of a team's files, for JSON. */
export function describeTeamFiles({ url }: Pick<ObjectStore, "url">, { team, files: { html, csv, json } }: TeamFiles): object {
  return { team, html: `${url}/${html}`, csv: `${url}/${csv}`, json: `${url}/${json}` };
}
