import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EXAMPLE_CONFIG } from "../../src/cli/commands/example-config.ts";
import { configJsonSchema } from "../../src/config/config-json-schema.ts";
import { configSchema } from "../../src/config/config.ts";

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const acceptedBySchema = ajv.compile(configJsonSchema());

/** Everything that `init` shows, in force. */
const EXAMPLES = parse(EXAMPLE_CONFIG.replace(/^# (?=\s*(?:[a-z_]+:|- ))/gm, ""), { uniqueKeys: false }) as Record<string, unknown>;
/** Values of the keys that the examples lack, so that the property changes those as well. */
const FURTHER = {
  worker: { exports_at_once: 2, attempts: 3, backoff_seconds: 1.5, lock_seconds: 60, telemetry: true },
  hooks: { secret_file: "/etc/ledger/hook", largest_kilobytes: 8, check_seconds: 10, keep_hours: 48 },
  focus: { version: "1.3", detail: "team", formats: ["csv"], nightly: true },
  report: { company: "Acme", owners: { web: "ann@example.com" }, journal: { account: "6815", accounts: { "CC-1": "6816" }, clearing: "1590" } },
  currency: { second: "EUR", rates: [{ currency: "EUR", from: "2026-10-30", per_usd: "0.9212", source: "ECB" }] },
  http: { port: 8080, allow: ["ann@example.com"], teams: "members", metrics: { host: "127.0.0.1", port: 9464, token_file: "/etc/ledger/token" }, hosts: ["ledger.tail1234.ts.net"], holds: ["ann@example.com"] },
  access: { tools: { known: ["github"] } },
  redis: { sentinels: ["rediss://a:26379"], name: "main", database: 1, ca: "/ca.pem", cert: "/c.pem", key: "/k.pem" },
};
const WHOLE = { ...EXAMPLES, ...FURTHER };

/** In the place of a value that is removed. */
const GONE = Symbol("gone");

/** Mistakes of one value or of the keys of one map: an editor shows them as they are typed. */
const WRONG: [name: string, changes: Record<string, unknown>][] = [
  ["an unknown key", { lakes: "s3://x" }],
  ["an unknown key inside", { "sources.0.urls": "s3://x" }],
  ["a source without a name", { "sources.0.name": GONE }],
  ["a source's name with a slash", { "sources.0.name": "a/b" }],
  ["a variable in a place", { lake: "s3://${LAKE}" }],
  ["a place that is a variable", { lake: "$LAKE" }],
  ["a home folder", { lake: { url: "~/lake" } }],
  ["an endpoint that is no url", { "sources.0.endpoint": "minio" }],
  ["a KMS key with AES256", { lake: { url: "s3://x", encryption: { algorithm: "AES256", key: "k" } } }],
  ["a lock without a time", { "archive.lock.retain": GONE }],
  ["a time without a unit", { "archive.lock.retain": "90" }],
  ["an expression that does not end", { "archive.redact.0.pattern": "(" }],
  ["a credential as a dimension", { "dimensions.key": "X-Api-KEY" }],
  ["a dimension in capitals", { "dimensions.Repo": "X-Repo" }],
  ["an offset as a time zone", { timezone: "+05:00" }],
  ["a rule with two outcomes", { "allocation.rules.0.team": "web" }],
  ["a rule without an outcome", { "allocation.rules.1.split": GONE }],
  ["a rule by a dimension without teams", { "allocation.rules.0.teams": GONE }],
  ["weights that are all 0", { "allocation.rules.1.split": { web: 0 } }],
  ["a tag without tag:", { "allocation.rules.0.when": { tag: "ci" } }],
  ["weights with over", { "allocation.pools": [{ name: "p", when: {}, spread: { web: 1 }, over: ["web"] }] }],
  ["a discount of more than everything", { "allocation.adjustments.0.percent": -101 }],
  ["a group pattern as a member", { "directory.teams.0.members": ["group:web-*"] }],
  ["an autogroup as a member", { "directory.teams.0.members": ["autogroup:member"] }],
  ["amount and price", { "charges.1.price": 3 }],
  ["a price without a number of units", { "charges.0.people": GONE }],
  ["an amount with a quantity", { "charges.1.quantity": 3 }],
  ["people of something other than seats", { "charges.0.kind": "prepaid" }],
  ["a spread over people", { "charges.0.spread": "even" }],
  ["a one-time charge from a day on", { "charges.2.from": "2026-10-01" }],
  ["a charge of nothing", { "charges.1.amount": 0 }],
  ["a charge of nothing as text", { "charges.1.amount": "$0.00" }],
  ["a day that is none", { "charges.2.on": "2026-02-30" }],
  ["a negative budget", { "limits.0.amount": -1 }],
  ["a budget with a decimal comma", { "limits.0.amount": "1,50" }],
  ["a budget of 11 digits", { "limits.0.amount": 10_000_000_000 }],
  ["a threshold twice", { "limits.1.thresholds": [50, 50] }],
  ["a period that is none", { "limits.0.per": "fortnight" }],
  ["a price as a text that is none", { "prices.0.input": "cheap" }],
  ["a target with url and url_env", { "notify.0.url_env": "URL" }],
  ["a target without an address", { "notify.1.url_env": GONE }],
  ["two secrets of a webhook", { "notify.0.secret_file": "/secret" }],
  ["credentials in a url", { "notify.0.url": "https://ann:pw@example.com" }],
  ["a secret instead of a variable's name", { "notify.0.secret_env": "s3cr3t!" }],
  ["an address that is none", { "notify.2.to": "finance" }],
  ["e-mail without a server", { smtp: GONE }],
  ["owners without a server", { smtp: GONE, notify: [], limits: [], anomalies: {}, health: {}, deliver: { owners: {} } }],
  ["a user without a password", { "smtp.password_env": GONE }],
  ["a password without a user", { "smtp.user_env": GONE }],
  ["a password that is not encrypted", { "smtp.tls": "none" }],
  ["a provider that says nothing", { "providers.0": { provider: "x" } }],
  ["a group that the API lacks", { "reconciliation.fetch.0": { name: "o", api: "openai", key_env: "KEY", group_by: ["speed"] } }],
  ["a key sent unencrypted", { "reconciliation.fetch.0.url": "http://example.com" }],
  ["certificates without encryption", { redis: { url: "redis://a:6379", ca: "/ca.pem" } }],
  ["half a pair", { "redis.key": GONE }],
  ["a cluster with databases", { redis: { cluster: ["redis://a:6379/3"] } }],
  ["a schedule of three fields", { "schedule.pull": "1 2 3" }],
  ["a currency without a rate", { "currency.rates": [] }],
  ["US dollars as the second currency", { "currency.second": "USD" }],
  ["a company without a name", { "report.company": " " }],
  ["no format of FOCUS", { "focus.formats": [] }],
  ["pages of teams without those who see everything", { "http.allow": GONE }],
  ["a port that is none", { "http.port": 65_536 }],
];

describe("the schema for editors", () => {
  test("accepts what init shows and every further section, and the program does", () => {
    expect([acceptedBySchema(WHOLE), acceptedBySchema.errors]).toEqual([true, null]);
    expect(configSchema.safeParse(WHOLE).error?.issues).toBeUndefined();
    const sections = Object.keys(configJsonSchema().properties ?? {});
    expect(sections.filter((name) => !(name in WHOLE))).toEqual([]);
  });

  test("describes every key, wherever it is", () => {
    const described: string[] = [];
    const not: string[] = [];
    const look = (value: unknown, path: string, isKeys: boolean): void => {
      if (typeof value !== "object" || value === null || /\.(?:allOf|if|then|not|examples|default)$/.test(path)) return;
      for (const [name, inside] of Object.entries(value) as [string, { description?: string }][]) {
        if (isKeys) (/^[A-Z`].*\.$/s.test(inside.description ?? "") ? described : not).push(`${path}.${name}`);
        look(inside, `${path}.${name}`, !isKeys && name === "properties");
      }
    };
    look(configJsonSchema(), "", false);
    expect(not).toEqual([]);
    expect(described.length).toBeGreaterThan(250);
  });

  test.each(WRONG)("refuses %s, and so does the program", (_, changes) => {
    const config = Object.entries(changes).reduce((before: unknown, [path, value]) => replaced(before, path.split("."), () => value), WHOLE);
    expect([acceptedBySchema(config), configSchema.safeParse(config).success]).toEqual([false, false]);
  });
});

/** What the program refuses beyond the schema, because it compares several places, or because JSON Schema has no word for it. */
const BEYOND: readonly RegExp[] = [
  // Names that must be different, and names that must exist.
  /have the same name|already has the name|has the name .* at the same time|begin at the same size|begin on the same day/,
  /there is no dimension|use teams for the teams of the caller|use team$|has no target/,
  // Two values in an order, or two that belong together.
  /until must be later than from|least_days is at most history_days|rates has no rate for|all of them redis/,
  // Kinds of text that only a parser knows.
  /IANA time zone|not a cron pattern|RE2|two decimals, and this currency|redis:\/\/user:password|http:\/\/… or https:\/\/…/,
  // Decimal places of numbers.
  /at most three decimals|at most four decimals|up to 9 decimal places|0 to \d+, with/,
];

describe("whatever is changed in a configuration", () => {
  const paths = pathsIn(WHOLE);
  const values = fc.oneof(
    fc.constantFrom<unknown>(null, true, "", " ", 0, -1, 1.5, 1e12, [], {}, "x", "$1", "0,10", "a b", "tag:ci", "group:web", "group:w*", "2026-10-01", "https://example.com", "https://a:b@c", "${X}", "/file", "*"),
    fc.constantFrom(...paths).map((path) => valueAt(WHOLE, path)),
  );
  const change = fc.record({ path: fc.constantFrom(...paths), how: fc.constantFrom("remove", "replace", "add", "repeat"), value: values, key: fc.constantFrom("x", "team", "by", "split", "from", "until", "url", "key", "over", "on", "price", "people") });

  test("the program accepts what the schema accepts, but for what it compares, and the schema what the program accepts", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const config = changes.reduce(applied, WHOLE as unknown);
        const issues = configSchema.safeParse(config).error?.issues ?? [];
        const beyond = issues.map(({ path, message }) => `${path.join(".")}: ${message}`).filter((text) => !BEYOND.some((known) => known.test(text)));
        const isAccepted = acceptedBySchema(config);
        expect(isAccepted ? beyond : issues.length === 0 ? acceptedBySchema.errors : []).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

type Path = readonly (string | number)[];

function pathsIn(value: unknown, around: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    const path = [...around, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsIn(inside, path)];
  });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((around: unknown, part) => (typeof around === "object" && around !== null ? Object.entries(around).find(([key]) => key === String(part))?.[1] : undefined), value);
}

/** The value with another one at the path, where there is something around it. */
function replaced(value: unknown, [part, ...rest]: Path, by: (there: unknown) => unknown): unknown {
  if (part === undefined) return by(value);
  if (typeof value !== "object" || value === null) return value;
  const inside = replaced(valueAt(value, [part]), rest, by);
  if (Array.isArray(value)) return value.flatMap((one: unknown, index) => (index !== Number(part) ? [one] : inside === GONE ? [] : [inside]));
  return Object.fromEntries(Object.entries({ ...value, [part]: inside }).filter(([, one]) => one !== GONE));
}

function applied(config: unknown, { path, how, value, key }: { path: Path; how: string; value: unknown; key: string }): unknown {
  if (valueAt(config, path) === undefined) return config;
  if (how === "repeat") return replaced(config, path.slice(0, -1), (list) => (Array.isArray(list) ? [...(list as unknown[]), valueAt(config, path)] : list));
  return replaced(config, path, (there) => {
    if (how === "remove") return GONE;
    if (how === "replace") return value;
    if (Array.isArray(there)) return [...(there as unknown[]), value];
    return typeof there === "object" && there !== null ? { ...there, [key]: value } : there;
  });
}
