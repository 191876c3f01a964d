/** A rule of a provider's `model_cost_map`: a model costs what another model costs, times a factor. */
export interface ModelCostRule {
  /** Pattern over the provider's model names. */
  match: string;
  /** The model whose price it is; empty: the request's own. */
  as: string;
  adjustment: number;
}

/** The part of a provider in a gateway's configuration that the ledger needs; it contains no secret. */
export interface GatewayProvider {
  id: string;
  /** `passthrough` forwards the caller's own credential, `none` sends none. */
  authMode: "override" | "passthrough" | "none";
  /** Exact model names. */
  models: readonly string[];
  /** Runs inside the tailnet. */
  tailnet: boolean;
  disabled: boolean;
  /** Of two providers of a model, the gateway uses the one with the higher preference. */
  preference: number;
  /** Service of the price list for the provider's models, where it differs from the provider's name. */
  costBasis?: string | undefined;
  /** The first matching rule decides. Absent in snapshots of versions that did not read it. */
  modelCostMap?: readonly ModelCostRule[] | undefined;
}

/** In the order of the configuration. */
export type GatewayProviders = readonly GatewayProvider[];

/** A gateway's providers from a time on. Plain data, since it is passed to threads. */
interface DatedProviders {
  /** Milliseconds since 1970; null for the first, which also applies to the time before it. */
  from: number | null;
  providers: GatewayProviders;
}

/** In order of time; empty where the configuration is unknown. */
export type ProviderHistory = readonly DatedProviders[];
