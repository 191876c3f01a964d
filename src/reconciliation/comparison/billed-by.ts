/** What is known of who runs a request's model. */
export interface Served {
  /** As the `usage` table has it: the id in the gateway's configuration, which may be any word. */
  provider: string;
  /** Dialect that was spoken. */
  apiType: string | null;
  /** Where the price came from, `service/model` of the gateway's list. */
  costBasis: string | null;
}

/** Providers that bill what they run themselves, and nothing of what clouds run of their models. */
const DIRECT: ReadonlySet<string> = new Set(["anthropic", "openai"]);
const CLOUDS = ["bedrock", "vertex", "azure"];

/**
 * Whose bill a request is on: what is configured for its provider, else the provider itself. What ran at a cloud is on that cloud's
 * bill, whatever the gateway calls it.
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
