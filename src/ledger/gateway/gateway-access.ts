import type { Nanodollars } from "../money.ts";

/** A grant of a gateway's configuration or of a tailnet policy. Grants only add. */
export interface AccessGrant {
  /** The position of the grant: `grants[2]`, `temp_grants[0]`. */
  origin: string;
  /** `line 31, column 5` of the text it was read from. */
  place: string;
  /** Logins, `group:name`, `tag:name`, `autogroup:name`, `*`. */
  src: readonly string[];
  /** Without any role from any grant the gateway answers 403. */
  roles: readonly string[];
  models: readonly GrantedModels[];
  /** Device postures (`srcPosture`): only Tailscale can tell which devices have them. Absent: any device will do. */
  postures?: readonly string[] | undefined;
  /** The grant's rights besides models; absent: no other rights. */
  others?: readonly OtherCapability[] | undefined;
  /** It charges a bucket in a form that is not known, so nothing is charged to that bucket. Absent: every bucket is read. */
  unreadBucket?: true | undefined;
}

/** Access to connectors or tools, which no record of a request shows. */
export interface OtherCapability {
  /** The key of the right in the grant: `connectors`, `mcp_tools`. */
  kind: string;
  /** As written. */
  patterns: readonly string[];
}

export interface GrantedModels {
  /** Pattern over `provider/model`. */
  pattern: string;
  /** Names of the quotas that are charged for these models, as written: `daily:<user>`. */
  buckets: readonly string[];
  /** The chains of the buckets that borrow; absent: no bucket borrows. */
  overdrafts?: readonly Overdraft[] | undefined;
}

/** A chain of overdrafts: the bucket pays first, then each lender in order. */
export interface Overdraft {
  bucket: string;
  /** The lending buckets, in order. Null: they are written in an unknown form. */
  lenders: readonly string[] | null;
}

/** A token bucket: it starts full and refills continuously up to its capacity; a request is charged after its answer. */
export interface QuotaRule {
  /** As written: `<user>` and `<node>` create one bucket for each. */
  name: string;
  place: string;
  capacity: Nanodollars;
  rate: QuotaRate;
  /** The buckets that this bucket borrows from, whatever grant names it. Null: they are written in an unknown form. Absent: it does not borrow. */
  lenders?: readonly string[] | null | undefined;
}

/** An amount per unit of time. */
export interface QuotaRate {
  amount: Nanodollars;
  /** A month is 30 days. */
  unitMs: number;
}

export interface GatewayAccess {
  grants: readonly AccessGrant[];
  quotas: readonly QuotaRule[];
}
