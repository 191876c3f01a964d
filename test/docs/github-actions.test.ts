import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseHujson } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { configSchema } from "../../src/config/config.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/github-actions.md"), "utf8");

/** The first block of that language below a heading. */
function block(heading: string, language: string): string {
  const section = GUIDE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(section)?.[1];
  if (found === undefined) throw new Error(`no ${language} below ${heading}`);
  return found;
}

interface Step {
  uses?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
}

const workflow = parseYaml(block("The workflow", "yaml")) as { permissions: object; jobs: { review: { steps: Step[] } } };
const ledger = configSchema.parse(parseYaml(block("The ledger", "yaml")));
const policy = parseHujson(block("The tailnet", "hujson"), [], { allowTrailingComma: true }) as {
  tagOwners: Record<string, string[]>;
  grants: { src: string[]; ip: string[]; app: Record<string, Record<string, string>[]> }[];
};

const stepOf = (action: string): Step => workflow.jobs.review.steps.find(({ uses }) => uses?.startsWith(`${action}@`)) ?? {};

describe("the guide to GitHub Actions", () => {
  test("lets the runner prove who it is, read the code and comment on the pull request, and nothing else", () => {
    expect(workflow.permissions).toEqual({ contents: "read", "pull-requests": "write", "id-token": "write" });
  });

  test("joins the tailnet under the tag that the policy knows and grants", () => {
    const tailscale = stepOf("tailscale/github-action");
    expect(tailscale.uses).toBe("tailscale/github-action@v4");
    expect(Object.keys(tailscale.with ?? {})).toEqual(["oauth-client-id", "audience", "tags", "ping"]);
    const tag = tailscale.with?.["tags"] ?? "";
    expect(Object.keys(policy.tagOwners)).toContain(tag);
    const [grant] = policy.grants.filter(({ src }) => src.includes(tag));
    expect(grant?.ip).toEqual(["tcp:80"]);
    expect(grant?.app["tailscale.com/cap/aperture"]?.flatMap(Object.keys).sort()).toEqual(["models", "role"]);
  });

  test("calls the gateway that it waited for, over plain http, with a placeholder for a key", () => {
    const claude = stepOf("anthropics/claude-code-action");
    expect(claude.uses).toBe("anthropics/claude-code-action@v1");
    expect(claude.with).toMatchObject({ anthropic_api_key: "-" });
    expect(claude.env).toMatchObject({
      ANTHROPIC_BASE_URL: `http://${stepOf("tailscale/github-action").with?.["ping"] ?? ""}`,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    });
  });

  test("sends exactly the headers that the ledger reads its dimensions from", () => {
    const lines = (stepOf("anthropics/claude-code-action").env?.["ANTHROPIC_CUSTOM_HEADERS"] ?? "").trim().split("\n");
    const headers = lines.map((line) => /^([A-Za-z-]+): \$\{\{ github\.[a-z]+ \}\}$/.exec(line)?.[1]);
    expect(headers).toEqual([...ledger.dimensions.values()]);
  });

  test("its rules ask for dimensions that there are, and end with one that takes the rest of the tag", () => {
    const { rules } = ledger.allocation;
    const tag = stepOf("tailscale/github-action").with?.["tags"];
    for (const { when } of rules) {
      expect(["tag", ...ledger.dimensions.keys()]).toEqual(expect.arrayContaining([...when.keys()]));
      expect(when.get("tag")).toBe(tag);
    }
    expect(rules.at(-1)?.when).toEqual(new Map([["tag", tag]]));
  });
});
