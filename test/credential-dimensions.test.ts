import { expect, test } from "vitest";
import { SECRET_HEADERS } from "../src/aperture/reader/credential.ts";
import { configSchema } from "../src/config/config.ts";

test.each([...SECRET_HEADERS, "Authorization", "X-API-Key", "Cookie"])("no dimension is read from %s", (header) => {
  const parsed = configSchema.safeParse({ dimensions: new Map([["who", header]]) });
  expect(parsed.error?.issues.map(({ message }) => message)).toEqual(["this header holds a credential, which is never kept"]);
});
