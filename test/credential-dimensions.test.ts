import { expect, test } from "vitest";
import { configSchema } from "../src/config.ts";

test.each(["Authorization", "X-API-Key", "api-key", "x-goog-api-key"])("no dimension is read from %s", (header) => {
  const parsed = configSchema.safeParse({ dimensions: new Map([["who", header]]) });
  expect(parsed.error?.issues.map(({ message }) => message)).toEqual(["this header holds a credential, of which nothing is kept"]);
});
