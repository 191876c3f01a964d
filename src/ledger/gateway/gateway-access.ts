import type { Nanodollars } from "../money.ts";

/** A grant of a gateway's configuration or of a tailnet policy. Grants only add. */
export interface AccessGrant {
  /** Its position: `grants[2]`, `temp_grants[0]`. */
  origin: string;
  /** `line 31, column 5` of the text it was read from. */
  place: string;
  /** Logins, `group:name`, `tag:name`, `autogroup:name`, `*`. */
  src: readonly string[];
  /** Without any role from any grant the gateway answers 403. */
  roles: readonly string[];
  models: readonly GrantedModels[];
}

export interface GrantedModels {
  /** Pattern over `provider/model`. */
  pattern: string;
  /** Names of the quotas that are charged for these models, as written: `daily:<user>`. */
  buckets: readonly string[];
}

/** A token bucket: it starts full and refills continuously up to its capacity; a request is charged after its answer. */
export interface QuotaRule {
  /** As written: `<user>` and `<node>` create one bucket for each. */
  name: string;
  place: string;
  capacity: Nanodollars;
  rate: QuotaRate;
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
