/** A name for a team and cost centre: a team with several cost centres in a month has a row in the report for each. */
export function nameTeam({ team, costCenter }: { team: string; costCenter: string | null }): string {
  return JSON.stringify([team, costCenter]);
}
