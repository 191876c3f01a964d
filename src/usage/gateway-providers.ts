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
}

/** In the order of the configuration. */
export type GatewayProviders = readonly GatewayProvider[];
