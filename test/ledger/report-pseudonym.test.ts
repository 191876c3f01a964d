import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { pseudonymOf } from "../../src/ledger/names/erasure.ts";
import { findNamed, namePeople, reportPseudonym } from "../../src/ledger/names/report-pseudonym.ts";

const KEY = Buffer.from("a secret of the tests, long enough for a key");

test("a pseudonym of reports is made of an HMAC-SHA-256 of the login in lower case", () => {
  const bytes = createHmac("sha256", KEY).update("aperture-ledger report\nann@example.com").digest();
  const letters = Array.from(bytes.subarray(0, 12), (byte) => "0123456789abcdefghjkmnpqrstvwxyz"[byte & 31]).join("");
  expect(reportPseudonym("Ann@Example.com", KEY)).toBe(`person-${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`);
});

test("depends on the key, and is not the pseudonym of an erasure, nor has it the domain", () => {
  const pseudonym = reportPseudonym("ann@example.com", KEY);
  expect(reportPseudonym("ann@example.com", Buffer.from("another secret of the tests, as long"))).not.toBe(pseudonym);
  expect(pseudonymOf("ann@example.com", KEY.toString("hex"))).not.toContain(pseudonym.slice("person-".length));
  expect(pseudonym).not.toContain("example");
});

test("two logins with the same letters get longer pseudonyms, by which they are found again", () => {
  const logins = Array.from({ length: 200 }, (_, index) => `person${String(index)}@example.com`);
  // With 4 letters, 20 bits, some of 2,000 logins share theirs.
  const many = Array.from({ length: 2_000 }, (_, index) => `person${String(index)}@example.com`);
  const named = namePeople(many, KEY, 4);
  expect(new Set(named.values()).size).toBe(many.length);
  expect([...named.values()].some((pseudonym) => pseudonym.length > "person-abcd".length)).toBe(true);
  for (const login of logins) expect(findNamed(named.get(login) ?? "", many, KEY)).toContain(login);
  const longer = [...named].find(([, pseudonym]) => pseudonym.length > "person-abcd".length);
  expect(findNamed(longer?.[1].toUpperCase() ?? "", many, KEY)).toEqual([longer?.[0]]);
});

test("a text that is no pseudonym of a report is none", () => {
  for (const text of ["ann@example.com", "person-", "person-illo", "erased-0123456789abcdef@example.com", "person-ab"]) expect(findNamed(text, ["ann@example.com"], KEY)).toBeUndefined();
});
