export const METER_KEYS = ["input", "cached", "cache_write_5m", "cache_write_1h", "image_input", "output", "reasoning", "image_output", "web_search", "estimate"] as const;
export type Meter = (typeof METER_KEYS)[number];

/** What a charge is measured by. Each meter has a rate of its own; `estimate` is a gateway's figure that the price list cannot split. */
export const METERS = {
  input: { name: "Input Tokens", unit: "Tokens" },
  cached: { name: "Cached Input Tokens", unit: "Tokens" },
  cache_write_5m: { name: "Cache Write Tokens (5 Minutes)", unit: "Tokens" },
  cache_write_1h: { name: "Cache Write Tokens (1 Hour)", unit: "Tokens" },
  image_input: { name: "Image Input Tokens", unit: "Tokens" },
  output: { name: "Output Tokens", unit: "Tokens" },
  reasoning: { name: "Reasoning Tokens", unit: "Tokens" },
  image_output: { name: "Image Output Tokens", unit: "Tokens" },
  web_search: { name: "Web Searches", unit: "Searches" },
  estimate: { name: "Estimated Cost", unit: "Requests" },
} as const satisfies Readonly<Record<Meter, { name: string; unit: string }>>;
