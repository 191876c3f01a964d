import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { fetchPolicy } from "../../src/aperture/gateway/fetch-policy.ts";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { freshStores } from "../services/s3-stores.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { mapOf } from "../map-of.ts";

const POLICY = `{
  // as its owner keeps it
  "groups": { "group:web": ["Ann@Example.com", "bob@example.com",], /* more to come */ },
  "tagOwners": { "tag:ci": [], "tag:api": ["group:web"], },
  "acls": [{ "action": "accept", "src": ["*"], "dst": ["*:*"] }],
}`;
const READ = { groups: mapOf({ "group:web": ["Ann@Example.com", "bob@example.com"] }), tagOwners: mapOf<string[]>({ "tag:ci": [], "tag:api": ["group:web"] }) };

describe("a tailnet policy", () => {
  test("is HuJSON: comments and trailing commas are legal, and what is not about groups and tags is left alone", () => {
    expect(parsePolicy(POLICY, "policy")).toEqual(READ);
    expect(parsePolicy("{}", "policy")).toEqual({ groups: new Map(), tagOwners: new Map() });
  });

  test.each([
    ["a comma that is missing", '{\n  "groups": {\n    "group:a": ["x"]\n    "group:b": []\n  }\n}', /CommaExpected at line 4, column 5$/],
    ["an end that is missing", '{\n  "groups": {', /CloseBraceExpected at line 2, column 14$/],
    ["a group that is no list", '{\n  "groups": {\n    "group:a": "ann@example.com",\n  },\n}', /groups\.group:a: .*expected array.* at line 3, column 16$/],
    ["a member that is no text", '{ "groups": { "group:a": ["x",\n 7] } }', /groups\.group:a\.1: .*expected string.* at line 2, column 2$/],
    ["a group of another kind of name", '{ "groups": { "a": [] } }', /groups\.a: .* at line 1, column 20$/],
    ["an owner of what is no tag", '{ "tagOwners": { "ci": [] } }', /tagOwners\.ci: .* at line 1, column 24$/],
    ["a group that is there twice", '{ "groups": { "group:a": [],\n "group:a": [] } }', /groups\.group:a: the key occurs twice/],
    ["a name that objects have of their own", '{ "groups": { "__proto__": [] } }', /groups\.__proto__: names of groups begin with group:/],
    ["a list", "[]", /the file: .* at line 1, column 1$/],
    ["nothing", "", /line 1, column 1$/],
  ])("that has %s is refused with line and column", (_name, text, message) => {
    expect(() => parsePolicy(text, "the policy")).toThrow(expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(message) as string }));
  });

  test("comes from a file, by its path or url", async () => {
    const file = join(temporaryFolder(), "policy.hujson");
    writeFileSync(file, POLICY);
    expect(await fetchPolicy(file)).toEqual(READ);
    expect(await fetchPolicy({ url: pathToFileURL(file).href })).toEqual(READ);
  });

  test("comes from an object of an S3 server", async () => {
    const { place, storeAt } = await freshStores();
    await (await storeAt("settings")).create("policy.hujson", Buffer.from(POLICY));
    const { url, ...server } = place.location;
    expect(await fetchPolicy({ url: `${url}/settings/policy.hujson`, ...server })).toEqual(READ);
    expect(await fetchPolicy(`${url}/settings/policy.hujson?endpoint=${encodeURIComponent(server.endpoint)}&region=${server.region}`)).toEqual(READ);
    await expect(fetchPolicy({ url: `${url}/settings/none.hujson`, ...server })).rejects.toMatchObject({ code: "config_unreadable", message: expect.stringMatching(/none\.hujson/) as string });
  });

  test("comes from a url", async () => {
    const server = createServer((request, response) => response.writeHead(request.url === "/policy" ? 200 : 404).end(POLICY)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await fetchPolicy(`http://127.0.0.1:${String(port)}/policy`)).toEqual(READ);
      await expect(fetchPolicy(`http://127.0.0.1:${String(port)}/other`)).rejects.toMatchObject({ code: "config_unreadable", message: expect.stringMatching(/HTTP 404/) as string });
    } finally {
      server.close();
    }
  });

  test("may stand in the configuration itself", async () => {
    expect(await fetchPolicy(READ)).toEqual(READ);
  });

  test("is not fetched with credentials in its url, which no message shows", async () => {
    await expect(fetchPolicy("https://key:hidden@example.com/policy")).rejects.toMatchObject({ code: "config_invalid", message: expect.not.stringContaining("hidden") as string });
  });
});

describeWithFixtures("a policy file as its owner keeps it", ["policy.hujson"], (pathOf) => {
  test("gives groups and tag owners as written", () => {
    const { groups, tagOwners } = parsePolicy(readFileSync(pathOf("policy.hujson"), "utf8"), "policy.hujson");
    expect([...groups.keys()]).toEqual(["group:payments", "group:web", "group:research", "group:platform", "group:ai-users"]);
    expect(groups.get("group:research")).toContain("User11@Example.com");
    expect(tagOwners).toEqual(mapOf({ "tag:ci": [], "tag:api": ["group:payments"], "tag:prod": ["group:platform"], "tag:batch": ["group:research"] }));
  });
});
