import type { AccessUse } from "../../src/limits/access/access-use.ts";
import { type AccessReview, type ReviewedAccess, reviewAccess } from "../../src/limits/access/access-review.ts";
import type { AccessGrant } from "../../src/ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../src/ledger/gateway/tailnet-policy.ts";

export const POLICY: TailnetPolicy = { groups: new Map([["group:web", ["Cat@Example.com", "dan@example.com"]]]), tagOwners: new Map() };
export const UNUSED_SINCE = new Date("2026-08-03T00:00:00Z");

interface WrittenGrant {
  src: string | string[];
  /** `user` without it. */
  role?: string | null;
  models?: string[];
  /** Of each of the models. */
  buckets?: string[];
  postures?: string[];
  others?: { kind: string; patterns: string[] }[];
}

/** Grants in the order of a text, one a line. */
export function grantsOf(...written: WrittenGrant[]): AccessGrant[] {
  return written.map(({ src, role = "user", models = [], buckets = [], ...others }, index) => ({
    origin: `grants[${String(index)}]`,
    place: `line ${String(index + 1)}, column 1`,
    src: [src].flat(),
    roles: role === null ? [] : [role],
    models: models.map((pattern) => ({ pattern, buckets })),
    ...others,
  }));
}

/** A use of a model by somebody, on 10 October unless said otherwise. */
export function useOf(caller: string, address: string, changes: Partial<AccessUse> & { at?: string } = {}): AccessUse {
  const { at = "2026-10-10T12:00:00Z", ...others } = changes;
  const slash = address.indexOf("/");
  const tags = caller.startsWith("tag:") ? caller.split(",") : [];
  return {
    instance: "prod",
    caller,
    callerType: tags.length > 0 ? "tag" : caller.includes("@") ? "user" : "unknown",
    tags,
    provider: address.slice(0, slash),
    model: address.slice(slash + 1),
    statusClass: "ok",
    requests: 1,
    first: new Date(at),
    last: new Date(at),
    ...others,
  };
}

/** Reviews uses at the gateway `prod`. */
export function review(grants: readonly AccessGrant[], used: readonly AccessUse[], changes: Partial<ReviewedAccess> = {}): AccessReview {
  return reviewAccess({ access: new Map([["prod", { grants }]]), tailnetGrants: [], policy: POLICY, used, attempts: used, unusedSince: UNUSED_SINCE, ...changes });
}
