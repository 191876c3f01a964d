/** A rule of a provider's `model_cost_map`: a model costs what another model costs, times a factor. */
export interface ModelCostRule {
  /** Pattern over the provider's model names. */
  match: string;
  /** The model whose price it is; empty: the request's own. */
  as: string;
  adjustment: number;
}

/** What the ledger needs to know of a provider in a gateway's configuration; nothing secret is among it. */
export interface GatewayProvider {
  id: string;
  /** `passthrough` forwards the caller's own credential, `none` sends none. */
  authMode: "override" | "passthrough" | "none";
  /** Exact model names. */
  models: readonly string[];
  /** Runs inside the tailnet. */
  tailnet: boolean;
  disabled: boolean;
  /** Of two providers of a model the gateway takes the one that is preferred more. */
  preference: number;
  /** Service of the price list that the provider's models are priced from, where it is not the provider's own name. */
  costBasis?: string | undefined;
  /** The first rule that matches decides. Absent where it is not known: what was kept before it was read. */
  modelCostMap?: readonly ModelCostRule[] | undefined;
}

/** In the order of the configuration. */
export type GatewayProviders = readonly GatewayProvider[];

/** What a gateway's configuration said from a time on. Plain data: it may go to another thread. */
interface DatedProviders {
  /** Milliseconds since 1970; null for the first, which stands for the time before as well. */
  from: number | null;
  providers: GatewayProviders;
}

/** In order of time; empty where the configuration was never known. */
export type ProviderHistory = readonly DatedProviders[];
