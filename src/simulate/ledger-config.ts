/** Where the parts of a simulation are: paths or URLs. */
export interface SimulatedPlaces {
  exports: string;
  lake: string;
  gatewayConfig: string;
  policy: string;
}

/** First line of the file, by which it is recognised. */
export const LEDGER_CONFIG_TITLE = "# The simulated company's ledger. The demo overwrites this file whenever it runs.";

/** A ledger's configuration for the simulated company: its teams, and who pays for what they share. */
export function ledgerConfig({ exports, lake, gatewayConfig, policy }: SimulatedPlaces): string {
  return `${LEDGER_CONFIG_TITLE}
sources:
  - { name: acme, url: ${JSON.stringify(exports)} }
lake: ${JSON.stringify(lake)}
aperture:
  config: ${JSON.stringify(gatewayConfig)}
dimensions:
  repo: X-Github-Repository

directory:
  policy: ${JSON.stringify(policy)}
  ignore_groups: ["group:gateway-admins"]   # gives access and is no team
  # Of several teams that somebody is in the first pays. group:data and group:support are not named here: they are teams by themselves.
  teams:
    - { name: payments, cost_center: CC-4100, owner: maya.okafor@acme.example, members: ["group:payments", { member: rafael.quispe@acme.example, from: 2026-10-15 }] }
    - { name: web, cost_center: CC-4200, owner: nora.haugen@acme.example, members: ["group:web"] }
    - { name: research, cost_center: CC-4300, members: ["group:research", { member: rafael.quispe@acme.example, until: 2026-10-15 }] }
    - { name: platform, cost_center: CC-4400, owner: greta.vogel@acme.example, members: ["group:platform"] }

allocation:
  rules:
    # Other repositories, and runs that do not say theirs, go on to the owner of tag:ci: platform.
    - { name: CI by repository, when: { tag: "tag:ci" }, by: repo, teams: { acme/payments: payments, acme/web: web, acme/data-pipelines: data } }
  pools:
    # What is left of CI serves everybody.
    - { name: shared CI, when: { team: platform, tag: "tag:ci" }, spread: proportional }
  adjustments:
    - { name: committed use, when: { provider: anthropic }, percent: -8, from: 2026-10-16 }
`;
}
