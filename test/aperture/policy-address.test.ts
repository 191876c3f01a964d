import { expect, test } from "vitest";
import { fetchPolicy } from "../../src/aperture/gateway/fetch-policy.ts";

test.each(["http://ann:hunter2@127.0.0.1:9/policy", { url: "https://ann:hunter2@127.0.0.1:9/policy" }])("credentials in the policy's address are refused before anybody is asked, and not repeated: %j", async (source) => {
  const error: unknown = await fetchPolicy(source).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "config_invalid", message: expect.stringContaining("credentials do not belong in directory.policy") as string });
  expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
});
