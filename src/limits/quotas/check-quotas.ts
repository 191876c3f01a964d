import type { AccessGrant, GatewayAccess, QuotaRule } from "../../ledger/gateway/gateway-access.ts";

/** A likely mistake in a gateway's quotas that the gateway itself accepts. */
export interface QuotaProblem {
  /** One line of text, with line and column of the mistake. */
  problem: string;
  remedy: string;
}

/** A person's login contains an @; a device's login consists of its tags. */
const TEMPLATES: Readonly<Record<string, string>> = { "<user>": "(?:[^\\s:]+@[^\\s:]+|tag:[a-z0-9-]+(?:,tag:[a-z0-9-]+)*)", "<node>": "[A-Za-z0-9]+" };
const TEMPLATE = /<(?:user|node)>/;

/** @param policyGrants grants for the gateway in the tailnet policy. */
export function checkQuotas({ grants, quotas }: GatewayAccess, policyGrants: readonly AccessGrant[] = []): QuotaProblem[] {
  return [...findUnused(quotas, [...grants, ...policyGrants]), ...findUnknown(quotas, [...grants, ...policyGrants]), ...findOverlaps(quotas)];
}

function findUnused(quotas: readonly QuotaRule[], grants: readonly AccessGrant[]): QuotaProblem[] {
  const used = new Set(grants.flatMap(({ models }) => models.flatMap(({ buckets }) => buckets)));
  return quotas
    .filter(({ name }) => !used.has(name))
    .map(({ name, place }) => ({ problem: `no grant uses the bucket ${name} (${place}): nothing is charged to it`, remedy: "name it in a grant's quotas, or remove it" }));
}

function findUnknown(quotas: readonly QuotaRule[], grants: readonly AccessGrant[]): QuotaProblem[] {
  const names = new Set(quotas.map(({ name }) => name));
  return grants.flatMap(({ origin, place, models }) => {
    const unknown = new Set(models.flatMap(({ buckets }) => buckets.filter((bucket) => !names.has(bucket))));
    return [...unknown].map((bucket) => ({
      problem: `${origin} (${place}) names the bucket ${bucket}, which is not in quotas: it limits nothing`,
      remedy: "correct the name, or define the bucket",
    }));
  });
}

function findOverlaps(quotas: readonly QuotaRule[]): QuotaProblem[] {
  return quotas.flatMap((one, index) =>
    quotas
      .slice(index + 1)
      .filter((other) => overlap(one.name, other.name))
      .map((other) => ({
        problem:
          one.name === other.name
            ? `the bucket ${one.name} is defined twice (${one.place} and ${other.place}): the later one counts`
            : `the buckets ${one.name} (${one.place}) and ${other.name} (${other.place}) may have the same name`,
        remedy: "give them names that differ for every <user> and <node>",
      })),
  );
}

function overlap(one: string, other: string): boolean {
  const [oneVaries, otherVaries] = [TEMPLATE.test(one), TEMPLATE.test(other)];
  if (oneVaries && otherVaries) return mayMeet(split(one), split(other));
  return oneVaries ? canBe(one, other) : otherVaries ? canBe(other, one) : one === other;
}

function canBe(template: string, name: string): boolean {
  const parts = template.split(/(<(?:user|node)>)/).map((part) => TEMPLATES[part] ?? part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  return new RegExp(`^${parts.join("")}$`).test(name);
}

const ANY = { kind: "any letter" } as const;
const REST = { kind: "any further letters" } as const;
type Part = string | typeof ANY | typeof REST;

/** A template matches at least one letter. */
function split(name: string): Part[] {
  return name.split(/(<(?:user|node)>)/).flatMap((part): Part[] => (Object.hasOwn(TEMPLATES, part) ? [ANY, REST] : Array.from(part)));
}

/** Whether two patterns can match the same name; a template matches any letters except `:`, which separates the parts of a name. */
function mayMeet(one: readonly Part[], other: readonly Part[]): boolean {
  const seen = new Set<number>();
  const meet = (i: number, j: number): boolean => {
    const state = i * (other.length + 1) + j;
    if (seen.has(state)) return false;
    seen.add(state);
    const [a, b] = [one[i], other[j]];
    if (a === undefined && b === undefined) return true;
    if (a === REST) return meet(i + 1, j) || (b !== undefined && b !== ":" && meet(i, j + 1));
    if (b === REST) return meet(i, j + 1) || (a !== undefined && a !== ":" && meet(i + 1, j));
    return a !== undefined && b !== undefined && sameLetter(a, b) && meet(i + 1, j + 1);
  };
  return meet(0, 0);
}

function sameLetter(a: Part, b: Part): boolean {
  return a === b || (a === ANY && b !== ":") || (b === ANY && a !== ":");
}
