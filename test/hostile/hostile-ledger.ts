import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { stringify } from "yaml";
import { type Asked, writeRequests } from "../request-exports.ts";

/** Names that every object has a member of, or that libraries keep members under. */
export const PROTOTYPE_NAMES = [
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "isPrototypeOf", "valueOf", "__defineGetter__", "__lookupSetter__", "length", "then", "toJSON", "next",
] as const;

/** Names that a terminal would obey, or not show. Several characters share a name: every name is a team with pages of its own. */
export const TERMINAL_NAMES = [
  "esc\u001B[2Jclear\u0007 c1\u009B31mred", "new\nline over\rwritten line\u2028separator", "turned\u202Earound zero\u200Bwidth join\u200Ded", "soft\u00ADhyphen tag\u{E0041}ged del\u007Feted",
] as const;

export const MONTH = "2025-10";
/** Requests of each name: by a login, and by a device of a tag. */
export const REQUESTS_PER_NAME = 2;

/** An export, a gateway's configuration, a tailnet policy, a bill and a configuration that have these names wherever a name is allowed. */
export function hostileLedger(folder: string, names: readonly string[]): string {
  const [exports, other, policy, gateway, config] = ["exports", "other", "policy.hujson", "gateway.hujson", "aperture-ledger.yaml"].map((name) => join(folder, name)) as [string, string, string, string, string];
  writeRequests(exports, names.flatMap((name, index): Asked[] => [
    { by: name, at: at(index), model: name, dollars: 1, session: name, agent: name, repo: name },
    { by: `tag:${name}`, at: at(index), model: `${name}/${name}`, dollars: 1, session: name, agent: `${name}/1.0`, repo: name },
  ]));
  writeRequests(other, names.map((name, index): Asked => ({ by: name, at: at(index), model: name, dollars: null, session: name })));
  const capability = (name: string): object => ({ src: [name, `group:${name}`], app: { "tailscale.com/cap/aperture": [{ role: "user" }, { models: `${name}/**`, quotas: [{ bucket: `${name}:<user>` }] }] } });
  writeFileSync(policy, JSON.stringify({ groups: Object.fromEntries(names.map((name) => [`group:${name}`, [name]])), tagOwners: Object.fromEntries(names.map((name) => [`tag:${name}`, [`group:${name}`]])), grants: names.map((name) => ({ ...capability(name), dst: ["*"] })) }));
  writeFileSync(gateway, JSON.stringify({
    providers: Object.fromEntries(names.map((name) => [name, { models: [name] }])),
    quotas: Object.fromEntries(names.map((name) => [`${name}:<user>`, { capacity: "$10.00", rate: "$5.00/day" }])),
    grants: names.map(capability),
  }));
  writeFileSync(join(folder, "bill.csv"), ["date,provider,model,token_type,tokens,cost_usd", ...names.map((name) => ["2025-10-05", name, name, "input", "100", "1"].map(quote).join(","))].join("\n"));
  writeFileSync(config, stringify({
    sources: [{ name: "constructor", url: exports }, { name: "toString", url: other }],
    lake: join(folder, "lake"),
    aperture: { config: gateway },
    dimensions: { repo: "X-Github-Repository", constructor: "X-Github-Repository", prototype: "hasOwnProperty" },
    directory: { policy, ignore_groups: ["group:*"], teams: names.map((name) => ({ name, cost_center: name, owner: name, members: [`=${name}`, `=tag:${name}`] })) },
    allocation: {
      rules: names.map((name) => ({ name, when: { tag: `=tag:${name}` }, by: "repo", teams: { [name]: name } })),
      pools: names.slice(0, 3).map((name) => ({ name, when: { team: name, tag: `=tag:${name}` }, spread: "proportional" })),
    },
    prices: names.map((name) => ({ match: `=${name}`, input: 1, output: 2 })),
    providers: names.map((provider) => ({ provider: `=${provider}`, counts: { cached: "within" } })),
    limits: names.map((name) => ({ name, scope: { caller: `=${name}` }, amount: 1, per: "month", timezone: "UTC" })),
    anomalies: { of: ["team", "tag", "caller"], minimum: "$0", least_days: 3, history_days: 5 },
    notify: [{ name: "constructor", kind: "stdout" }],
    reconciliation: { providers: Object.fromEntries(names.map((name) => [name, name])) },
  }));
  return config;
}

function at(index: number): string {
  return `2025-10-${String(1 + (index % 28)).padStart(2, "0")}T12:00:00Z`;
}

function quote(cell: string): string {
  return `"${cell}"`;
}

/** What a command of this process writes to its output. */
export async function captureOutput(command: () => Promise<unknown>): Promise<string> {
  let text = "";
  const writing = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await command();
  } finally {
    writing.mockRestore();
  }
  return text;
}

/** Members of what every object has; a polluted process would have more of them. */
export function builtIns(): string {
  const inherited: unknown[] = [Object, Function, Array, String, Number, Map, Promise].flatMap((one): unknown[] => [one, one.prototype]);
  const methods = Object.values(Object.getOwnPropertyDescriptors(Object.prototype)).map(({ value }): unknown => value);
  const named = [...inherited, ...methods].filter((one) => typeof one === "function" || (typeof one === "object" && one !== null));
  return JSON.stringify(named.map((one) => Reflect.ownKeys(one).map(String).sort()));
}
