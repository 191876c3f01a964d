import { priceEntries } from "./list-prices.ts";

/** Where the parts of a simulation are: paths or URLs. */
export interface SimulatedPlaces {
  exports: string;
  lake: string;
  gatewayConfig: string;
  policy: string;
  archive: string;
  /** Path of the private key that digests are signed with. */
  signingKey: string;
}

/** First line of the file, which identifies it. Each company has its own line, since two companies in one folder would mix. */
export const LEDGER_CONFIG_TITLE = "# The simulated company's ledger of two months. The demo overwrites this file whenever it runs.";

/** A ledger's configuration for the simulated company: its teams, and who pays for what they share. */
export function ledgerConfig({ exports, lake, gatewayConfig, policy, archive, signingKey }: SimulatedPlaces): string {
  return `${LEDGER_CONFIG_TITLE}
sources:
  - { name: acme, url: ${JSON.stringify(exports)} }
lake: ${JSON.stringify(lake)}
archive: { url: ${JSON.stringify(archive)}, signing_key: ${JSON.stringify(signingKey)} }
aperture:
  config: ${JSON.stringify(gatewayConfig)}
dimensions:
  repo: X-Github-Repository
report:
  company: Acme

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

prices:
  # The gateway has no estimate for the model on our own machine, and this is the price that was agreed on. Nobody has entered one of openai/gpt-5.1 yet.
  - { match: private-llm/qwen3-coder-30b, input: 0.50, output: 2, web_search: 0, billing: self_hosted }
  # Where the gateway has estimates these prices change none. They split costs by kind of token, value caches, and are what \`prices check\` holds estimates against.
${["anthropic", "openai", "google"].map(priceEntries).join("")}
anomalies: { minimum: $5 }   # reported by \`alerts\`; notify: would send them somewhere
limits:
  - { name: company, amount: 750, per: month }
  - { name: payments, scope: { team: payments }, amount: 150, per: month }   # uses it up in October
`;
}
