/** The facts that show who runs a request's model. */
export interface Served {
  /** As in the `usage` table: the id in the gateway's configuration, which may be any word. */
  provider: string;
  /** The API dialect. */
  apiType: string | null;
  /** Source of the price: `service/model` of the gateway's list. */
  costBasis: string | null;
}

/** Providers that bill only what they run themselves, not their models on other clouds. */
const DIRECT: ReadonlySet<string> = new Set(["anthropic", "openai"]);
const CLOUDS = ["bedrock", "vertex", "azure"];

/**
 * The provider that bills a request: the configured one, otherwise the request's provider. A model on a cloud is billed by that cloud,
 * whatever the gateway calls it.
 * @param configured a bill's provider by that of the `usage` table
 */
export function billedBy({ provider, apiType, costBasis }: Served, configured: ReadonlyMap<string, string>): string {
  const named = configured.get(provider) ?? provider;
  if (!DIRECT.has(named)) return named;
  return CLOUDS.find((cloud) => isOf(apiType, cloud, "_") || isOf(costBasis?.split("/", 1)[0] ?? null, cloud, "-")) ?? named;
}

/** `bedrock` and `bedrock-us`, `bedrock_converse`. */
function isOf(text: string | null, cloud: string, joint: string): boolean {
  return text === cloud || (text?.startsWith(`${cloud}${joint}`) ?? false);
}
