import { expect, test } from "vitest";
import { etagText } from "../../src/lake/etag-text.ts";
import { sourceObject, writtenTable } from "../../src/lake/landing/export-manifest.ts";

test.each([
  ["W/abc", "abc"],
  ['W/"abc"', "abc"],
  ['"abc"', "abc"],
  ["abc", "abc"],
  ["abc-2", "abc-2"],
  ["18f-2a-Wc/W/", "18f-2a-Wc/W/"],
])("an ETag that a manifest has as %j is %j", (written, bare) => {
  expect(etagText.parse(written)).toBe(bare);
});

test("manifests of earlier versions say the ETags that stores tell now", () => {
  expect(sourceObject.parse({ url: "s3://b", key: "k", etag: 'W/"abc"' }).etag).toBe("abc");
  expect(writtenTable.parse({ key: "k", etag: 'W/"abc"', size: 1, sha256: "", rows: 1 }).etag).toBe("abc");
});
