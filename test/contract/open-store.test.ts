import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { openStore } from "../../src/storage/open-store.ts";

describe("openStore", () => {
  test.each([
    ["file:///var/lake", "file:///var/lake"],
    ["file:///with%20space/%C3%BC", "file:///with%20space/%C3%BC"],
    ["/var/lake", "file:///var/lake"],
    ["relative/lake", pathToFileURL(resolve("relative/lake")).href],
    ["s3://bucket", "s3://bucket"],
    ["s3://bucket/", "s3://bucket"],
    ["s3://bucket/a/b c/", "s3://bucket/a/b c"],
    ["s3://bucket/a?endpoint=http://127.0.0.1:9000&region=eu-west-1", "s3://bucket/a"],
  ])("opens %s", async (url, shown) => {
    expect((await openStore({ url })).url).toBe(shown);
  });

  test.each([
    "",
    "http://host/lake",
    "gs://bucket/lake",
    "file://relative/lake",
    "file:lake",
    "file:///a?b",
    "s3://",
    "s3:///prefix",
    "s3:bucket",
    "s3://ab",
    "s3://bucket//a",
    "s3://bucket/../a",
    "s3://bucket?endpoint=127.0.0.1:9000",
    "s3://bucket?endpoint=",
    "s3://bucket?acl=public",
    "s3://bucket?region=",
  ])("refuses %j and says what it takes", async (url) => {
    await expect(openStore({ url })).rejects.toMatchObject({
      code: "url_invalid",
      remedy: expect.stringMatching(/file:\/\/\/.*path.*s3:\/\/bucket\/prefix/),
    });
  });

  test.each([
    { url: "s3://AKIA:pass/w?ord@bucket/prefix" },
    { url: "s3://AKIA:password@bucket" },
    { url: "ftp://user:password@host/lake" },
    { url: "s3://bucket?endpoint=http://user:password@host" },
    { url: "s3://bucket?endpoint=http%3A%2F%2Fuser%3Apassword%40host" },
    { url: "s3://bucket?secret=password" },
    { url: "s3://bucket", endpoint: "http://user:password@host" },
  ])("refuses credentials in $url without repeating them", async (location) => {
    const error: unknown = await openStore(location).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "url_invalid" });
    expect(inspect(error, { depth: Infinity })).not.toMatch(/pass|w\?ord/);
  });

  test("refuses credentials in the endpoint variables", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://user:password@host");
    const error: unknown = await openStore({ url: "s3://bucket" }).catch((reason: unknown) => reason);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({ code: "url_invalid", message: expect.stringContaining("AWS_ENDPOINT_URL") });
    expect(inspect(error)).not.toContain("password");
  });

  test("does not load the SDK for a lake on disk", () => {
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL("../../src/storage/open-store.ts", import.meta.url).href)});
      await openStore({ url: "/tmp/lake" });
      const { registerHooks } = await import("node:module");
      let loaded = 0;
      registerHooks({ resolve: (specifier, context, next) => (specifier.includes("@aws-sdk") && loaded++, next(specifier, context)) });
      await openStore({ url: "s3://bucket" });
      console.log(loaded > 0);`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe("true\n");
  });
});
