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
  const all = [...grants, ...policyGrants];
  return [...findUnused(quotas, all), ...findUnknown(quotas, all), ...findUnreadBuckets(all), ...findUnreadOverdrafts(quotas, all), ...findOverlaps(quotas)];
}

/** Every bucket that a grant charges or lets others borrow from. */
function namesIn({ models }: AccessGrant): string[] {
  return models.flatMap(({ buckets, overdrafts = [] }) => [...buckets, ...overdrafts.flatMap(({ lenders }) => lenders ?? [])]);
}

function findUnused(quotas: readonly QuotaRule[], grants: readonly AccessGrant[]): QuotaProblem[] {
  const used = new Set([...grants.flatMap(namesIn), ...quotas.flatMap(({ lenders }) => lenders ?? [])]);
  return quotas
    .filter(({ name }) => !used.has(name))
    .map(({ name, place }) => ({ problem: `no grant uses the bucket ${name} (${place}): nothing is charged to it`, remedy: "name it in a grant's quotas, or remove it" }));
}

function findUnknown(quotas: readonly QuotaRule[], grants: readonly AccessGrant[]): QuotaProblem[] {
  const names = new Set(quotas.map(({ name }) => name));
  const naming = [
    ...grants.map((grant) => ({ by: `${grant.origin} (${grant.place})`, named: namesIn(grant) })),
    ...quotas.map(({ name, place, lenders }) => ({ by: `the bucket ${name} (${place})`, named: lenders ?? [] })),
  ];
  return naming.flatMap(({ by, named }) => {
    const unknown = new Set(named.filter((bucket) => !names.has(bucket)));
    return [...unknown].map((bucket) => ({
      problem: `${by} names the bucket ${bucket}, which is not in quotas: it limits nothing`,
      remedy: "correct the name, or define the bucket",
    }));
  });
}

function findUnreadBuckets(grants: readonly AccessGrant[]): QuotaProblem[] {
  return grants
    .filter(({ unreadBucket }) => unreadBucket)
    .map(({ origin, place }) => ({ problem: `${origin} (${place}) charges a bucket in a form that is not known: nothing is charged to it`, remedy: 'report how it is written; {"bucket": name} is read' }));
}

/** Overdrafts that the replay leaves out. */
function findUnreadOverdrafts(quotas: readonly QuotaRule[], grants: readonly AccessGrant[]): QuotaProblem[] {
  const ofGrants = grants.flatMap(({ origin, place, models }) => {
    const unread = models.flatMap(({ overdrafts = [] }) => overdrafts.filter(({ lenders }) => lenders === null));
    return [...new Set(unread.map(({ bucket }) => bucket))].map((bucket) => `${origin} (${place}) gives the bucket ${bucket} an overdraft`);
  });
  const ofQuotas = quotas.filter(({ lenders }) => lenders === null).map(({ name, place }) => `the bucket ${name} (${place}) has an overdraft`);
  return [...ofGrants, ...ofQuotas].map((what) => ({
    problem: `${what} in a form that is not known: the bucket is replayed without it`,
    remedy: "report how it is written; a name, or a list of names, is read",
  }));
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
