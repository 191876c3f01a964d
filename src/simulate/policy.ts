import { PEOPLE } from "./company.ts";

/** People of the company who are in no group of the tailnet: two are new, one is a contractor. */
export const IN_NO_GROUP: readonly string[] = ["rafael.quispe@acme.example", "theo.lambert@acme.example", "zofia.wrona@acme.example"];

/** The policy file of the simulated company's tailnet, HuJSON as its owner keeps it: everybody of `PEOPLE`, every tag of the devices. */
export function tailnetPolicy(): string {
  return `// The tailnet policy of a simulated company.
{
  "groups": {
    "group:payments": ${groupOf("payments")},
    "group:web": ${groupOf("web", "tessa.vandijk@acme.example")}, // the last one is platform's as well
    "group:research": ${groupOf("research")},
    "group:platform": ${groupOf("platform")},
    "group:data": ${groupOf("data")},
    "group:support": ${groupOf("support")},
    // gives access and is no team
    "group:gateway-admins": ["greta.vogel@acme.example", "samir.benali@acme.example"],
  },
  "tagOwners": {
    "tag:ci": ["group:platform"],
    "tag:prod": ["group:platform"],
    "tag:api": ["group:web"],
    "tag:batch": ["group:data"],
    "tag:staging": ["autogroup:admin"], // Tailscale knows who that is, the ledger does not
  },
  "hosts": { "ai": "100.64.0.10" },
  "grants": [
    { "src": ["*"], "dst": ["ai"], "ip": ["tcp:80"] },
    { "src": ["group:gateway-admins"], "dst": ["ai"], "ip": ["*"] },
  ],
}
`;
}

function groupOf(team: string, ...others: string[]): string {
  const logins = PEOPLE.filter((person) => person.team === team && !IN_NO_GROUP.includes(person.login)).map(({ login }) => login);
  return JSON.stringify([...logins, ...others]).replaceAll(",", ", ");
}
