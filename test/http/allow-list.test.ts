import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { resolveAllowList } from "../../src/http/allow-list.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { temporaryFolder } from "../test-ledger.ts";

const POLICY = `{
  // as its owner keeps it
  "groups": {
    "group:eng": ["Ann@Example.com", "bob@example.com",],
    "group:nested": ["group:eng"],
    "group:auto": ["autogroup:member"],
  },
}`;

async function writePolicy(text: string): Promise<string> {
  const file = join(temporaryFolder(), "policy.hujson");
  await writeFile(file, text);
  return file;
}

describe("the allow list", () => {
  test("is none where none is configured", async () => {
    expect(await resolveAllowList(undefined, "/nowhere/policy.hujson")).toBeNull();
  });

  test("of logins alone needs no policy", async () => {
    expect(await resolveAllowList(["Zoe@Example.com", "zoe@example.com"], undefined)).toEqual(new Set(["zoe@example.com"]));
  });

  test("has a group's members, from a path and from a file url", async () => {
    const file = await writePolicy(POLICY);
    for (const policy of [file, pathToFileURL(file).href]) {
      expect(await resolveAllowList(["group:eng", "zoe@example.com"], policy)).toEqual(
        new Set(["ann@example.com", "bob@example.com", "zoe@example.com"]),
      );
    }
  });

  test("has a group's members from a server", async () => {
    const server = createServer((_request, response) => response.end(POLICY)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await resolveAllowList(["group:eng"], `http://127.0.0.1:${port}/policy`)).toContain("bob@example.com");
    } finally {
      server.close();
    }
  });

  test.each<[string, string[], string, RegExp]>([
    ["a group that is not there", ["group:ops"], POLICY, /group:ops.*does not have/],
    ["a group of every object", ["group:toString"], POLICY, /group:toString.*does not have/],
    ["a group in a group", ["group:nested"], POLICY, /group:nested.*"group:eng"/],
    ["autogroup in a group", ["group:auto"], POLICY, /group:auto.*"autogroup:member"/],
    ["a group that is no list", ["group:odd"], `{"groups": {\n  "group:odd": "ann@example.com"}}`, /group:odd.*line 2, column 16/],
    ["autogroup", ["autogroup:admin"], POLICY, /autogroup:admin/],
    ["a tag", ["tag:ci"], POLICY, /tag:ci/],
    ["everybody", ["*@example.com"], POLICY, /\*@example\.com/],
    ["a policy without groups", ["group:eng"], "{}", /group:eng.*does not have/],
    ["a policy whose groups are a list", ["group:eng"], `{"groups": []}`, /groups/],
    ["a policy that is no HuJSON", ["group:eng"], `{"groups": `, /line 1/],
  ])("is not made of %s", async (_name, allow, policy, message) => {
    const file = await writePolicy(policy);
    await expect(resolveAllowList(allow, file)).rejects.toMatchObject({ code: "config_invalid", message: expect.stringMatching(message) as string });
  });

  test("of groups says that it needs a policy, and that one cannot be read", async () => {
    await expect(resolveAllowList(["group:eng"], undefined)).rejects.toMatchObject({ code: "config_invalid", remedy: expect.stringContaining("directory.policy") as string });
    await expect(resolveAllowList(["group:eng"], "/nowhere/policy.hujson")).rejects.toMatchObject({
      code: "config_unreadable",
      message: expect.stringContaining("/nowhere/policy.hujson") as string,
    });
    const secret = resolveAllowList(["group:eng"], "https://key:hidden@example.com/policy");
    await expect(secret).rejects.toMatchObject({ code: "config_invalid", message: expect.not.stringContaining("hidden") as string });
  });
});

describeWithFixtures("a tailnet's policy file", ["policy.hujson"], (pathOf) => {
  test("gives its groups", async () => {
    const logins = await resolveAllowList(["group:research", "group:platform"], pathOf("policy.hujson"));
    expect([...(logins ?? [])].sort()).toEqual(
      ["user10", "user11", "user12", "user13", "user14", "user15", "user16", "user17"].map((name) => `${name}@example.com`),
    );
  });
});
