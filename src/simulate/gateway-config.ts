import { MODELS } from "./models.ts";
import { DEFAULT_OPTIONS, type SimulationOptions } from "./options.ts";

/** The configuration of the simulated gateway, HuJSON as its owner keeps it, with every model that `simulateExports` uses. */
export function gatewayConfig({ everySeconds }: Pick<SimulationOptions, "everySeconds"> = DEFAULT_OPTIONS): string {
  return `// The configuration of a simulated Aperture gateway.
{
  "providers": {
    "anthropic": {
      "baseurl": "https://api.anthropic.com", "apikey": "<redacted>", "authorization": "x-api-key",
      "models": ${modelsOf("anthropic")},
      "compatibility": { "anthropic_messages": true },
    },
    // each user's own subscription pays: the estimate is a list value, not money owed
    "anthropic-passthrough": {
      "baseurl": "https://api.anthropic.com", "authorization": "x-api-key", "auth_mode": "passthrough",
      "models": ${modelsOf("anthropic-passthrough")},
      "compatibility": { "anthropic_messages": true },
      "preference": -1,
    },
    "openai": {
      "baseurl": "https://api.openai.com", "apikey": "<redacted>",
      "models": ${modelsOf("openai")},
      "compatibility": { "openai_chat": true, "openai_responses": true },
    },
    "google": {
      "baseurl": "https://generativelanguage.googleapis.com", "apikey": "<redacted>", "authorization": "x-goog-api-key",
      "models": ${modelsOf("google")},
      "compatibility": { "gemini_generate_content": true },
    },
    "bedrock": {
      "baseurl": "https://bedrock-runtime.us-east-1.amazonaws.com", "apikey": "<redacted>", "cost_basis": "bedrock-us",
      "models": ${modelsOf("bedrock")},
      "compatibility": { "bedrock_model_invoke": true },
    },
    // a machine of our own on the tailnet: no provider sends a bill for it
    "private-llm": {
      "baseurl": "http://100.64.0.20:8080", "tailnet": true,
      "models": ${modelsOf("private-llm")},
      "compatibility": { "openai_chat": true },
    },
  },
  "quotas": {
    "daily:<user>": { "capacity": "$10.00", "rate": "$5.00/day", "on_exceed": "reject" },
    "ci-monthly": { "capacity": "$120.00", "rate": "$120.00/month", "on_exceed": "reject" },
  },
  "grants": [
    { "src": ["*"], "app": { "tailscale.com/cap/aperture": [
        { "role": "user" },
        { "models": "**", "quotas": [ { "bucket": "daily:<user>" } ] },
    ] } },
    { "src": ["tag:ci"], "app": { "tailscale.com/cap/aperture": [
        { "models": "anthropic/**", "quotas": [ { "bucket": "ci-monthly" } ] },
    ] } },
  ],
  "exporters": { "s3": { "bucket_name": "aperture-exports", "region": "us-east-1", "prefix": "prod", "every": ${String(everySeconds)}, "limit": 1000 } },
  "database": { "retention": { "duration": "30d", "require_export": true, "purge": ["captures"] } },
}
`;
}

function modelsOf(provider: string): string {
  return JSON.stringify(MODELS.filter((model) => model.provider === provider).map((model) => model.name));
}
