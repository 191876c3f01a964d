import { parse, type ParseError } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { gatewayConfig } from "../../src/simulate/gateway-config.ts";
import { simulateAll } from "./read-exports.ts";

interface Config {
  providers: Record<string, { models: string[]; auth_mode?: string; tailnet?: boolean; cost_basis?: string }>;
}

function parsed(): Config {
  const errors: ParseError[] = [];
  const config = parse(gatewayConfig(), errors, { allowTrailingComma: true }) as Config;
  expect(errors).toEqual([]);
  return config;
}

describe("gatewayConfig", () => {
  it("says which providers are subscriptions and which are our own machines", () => {
    const { providers } = parsed();
    expect(providers["anthropic-passthrough"]?.auth_mode).toBe("passthrough");
    expect(providers["private-llm"]).toMatchObject({ tailnet: true, models: ["qwen3-coder-30b"] });
    expect(providers["bedrock"]?.cost_basis).toBe("bedrock-us");
  });

  it("lists every model that is asked", async () => {
    const listed = Object.entries(parsed().providers).flatMap(([id, { models }]) => models.flatMap((model) => [model, `${id}/${model}`]));
    const { read } = await simulateAll({ days: 5, records: 4000 });
    for (const { model } of read.flat()) expect(listed).toContain(model);
  });
});
