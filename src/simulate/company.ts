/** Who works at the invented company, by team. */
const TEAMS = {
  payments: ["maya.okafor", "jonas.lindqvist", "priya.raman", "tomas.benes", "aiko.tanabe", "luca.moretti", "sade.bello"],
  web: ["nora.haugen", "felix.braun", "ines.duarte", "kofi.mensah", "hana.kovac", "marek.zielinski", "leila.nazari", "owen.pryce"],
  research: ["yara.haddad", "anton.sorokin", "mei.lindgren", "rafael.quispe", "signe.dahl", "vikram.iyer"],
  platform: ["greta.vogel", "samir.benali", "tessa.vandijk", "ivo.petrov", "ruth.adeyemi", "callum.reid"],
  data: ["elif.aydin", "bruno.castel", "nadia.rahimi", "oskar.nyberg", "june.park", "dario.fontana"],
  support: ["amara.nwosu", "pavel.horak", "linnea.strand", "gideon.marsh", "zofia.wrona", "theo.lambert", "carla.reyes"],
} as const;

const DOMAIN = "acme.example";

export interface Person {
  login: string;
  team: string;
  /** One node per device; a person with two devices appears with either. */
  nodes: readonly [string, ...string[]];
}

/** Takes one person of each team in turn, because the first people work most with agents and should be from all teams. */
export const PEOPLE: readonly Person[] = Object.entries(TEAMS)
  .flatMap(([team, names]) => names.map((name, rank) => ({ team, name, rank })))
  .sort((a, b) => a.rank - b.rank)
  .map(({ team, name }, index) => ({
    login: `${name}@${DOMAIN}`,
    team,
    nodes: index % 3 === 0 ? [nodeId(1000 + index), nodeId(2000 + index)] : [nodeId(1000 + index)],
  }));

export interface Device {
  tags: readonly [string, ...string[]];
  node: string;
  weight: number;
}

/** The company's own machines, which have several tags each. */
export const DEVICES: readonly [Device, ...Device[]] = [
  { tags: ["tag:api", "tag:prod"], node: nodeId(9003), weight: 3 },
  { tags: ["tag:batch", "tag:prod"], node: nodeId(9004), weight: 2 },
  { tags: ["tag:api", "tag:staging"], node: nodeId(9005), weight: 1 },
];

export interface Repository {
  name: string;
  weight: number;
}

export const REPOSITORIES: readonly [Repository, ...Repository[]] = [
  { name: "acme/payments", weight: 4 },
  { name: "acme/web", weight: 4 },
  { name: "acme/platform", weight: 2 },
  { name: "acme/data-pipelines", weight: 2 },
  { name: "acme/docs", weight: 1 },
];

export const WORKFLOWS = ["Review", "Triage", "Nightly tests", "Release notes"] as const;

/** The login as some clients send it: `Maya.Okafor@acme.example`. */
export function withCapitals(login: string): string {
  return login.replace(/(^|\.)[a-z](?=[^@]*@)/g, (start) => start.toUpperCase());
}

function nodeId(number: number): string {
  return `n${String(number).padStart(5, "0")}CNTRL`;
}
