/** The APIs that bills are fetched from. */
export const API_NAMES = ["anthropic", "anthropic_analytics", "openai"] as const;
export type ApiName = (typeof API_NAMES)[number];

/** Groups that may be configured in addition to those that the comparison needs. None of them names people, since answers are stored write-once. */
export const GROUPS: Readonly<Record<ApiName, readonly string[]>> = {
  anthropic: ["api_key_id", "service_tier", "context_window", "inference_geo", "speed"],
  anthropic_analytics: ["api_key_id", "service_tier", "context_window", "inference_geo", "speed", "actor_type"],
  openai: ["api_key_id", "batch", "service_tier"],
};
