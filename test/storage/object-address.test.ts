import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { layout } from "../../src/lake/layout.ts";
import { addressOf } from "../../src/storage/object-address.ts";

test.each(["(unallocated)", "R&D Köln", "sales/emea", "100 %", "a#b?c"])("a file's address leads to the file of team %s when it is decoded; in a bucket the key is as it is", (team) => {
  const key = layout.teamReport("2026-10", team, "chargeback.html");
  expect(fileURLToPath(addressOf({ url: "file:///var/la%20ke" }, key))).toBe(`/var/la ke/${key}`);
  expect(addressOf({ url: "s3://bucket/prefix" }, key)).toBe(`s3://bucket/prefix/${key}`);
});
