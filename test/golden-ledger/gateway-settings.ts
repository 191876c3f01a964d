import type { Objects } from "../packed-objects.ts";

const CAPABILITY = "tailscale.com/cap/aperture";

/** @param capacity of everybody's bucket, which changes between the months. */
function gatewayConfig(capacity: string, models: readonly string[]): object {
  return {
    providers: {
      anthropic: { baseurl: "https://api.anthropic.com", apikey: "<redacted>", models },
      "anthropic-passthrough": { baseurl: "https://api.anthropic.com", auth_mode: "passthrough", models: ["claude-opus-4-8"], preference: -1 },
      "private-llm": { baseurl: "http://100.64.0.20:8080", tailnet: true, models: ["qwen3-coder-30b"] },
    },
    quotas: { "daily:<user>": { capacity, rate: "$5.00/day", on_exceed: "reject" } },
    grants: [{ src: ["*"], app: { [CAPABILITY]: [{ role: "user" }, { models: "**", quotas: [{ bucket: "daily:<user>" }] }] } }],
  };
}

function policy(web: readonly string[]): object {
  return {
    groups: { "group:payments": ["ann@example.com", "carl@example.com"], "group:web": web, "group:vpn": ["fay@example.com"] },
    tagOwners: { "tag:ci": [], "tag:batch": ["group:web"], "tag:prod": ["group:payments"] },
  };
}

/** Gateway and policy as October's run finds them; both have changed when November's run looks. */
export const OCTOBER_SETTINGS = filesOf(gatewayConfig("$10.00", ["claude-opus-4-8"]), policy(["bob@example.com", "carl@example.com"]));
export const NOVEMBER_SETTINGS = filesOf(gatewayConfig("$25.00", ["claude-opus-4-8", "claude-haiku-4-5-20251001"]), policy(["bob@example.com", "gus@example.com"]));

function filesOf(config: object, groups: object): Objects {
  return new Map([
    ["settings/aperture-config.hujson", Buffer.from(`// The gateway's configuration.\n${JSON.stringify(config, null, 2)}\n`)],
    ["settings/policy.hujson", Buffer.from(`// The tailnet's policy.\n${JSON.stringify(groups, null, 2)}\n`)],
  ]);
}
