import { expect, test } from "vitest";
import { isPseudonym, pseudonymOf } from "../../src/ledger/names/erasure.ts";

const KEY = Buffer.from("a key").toString("hex");

test("a pseudonym is that of the login in any case, keeps the domain, and needs the key", () => {
  const pseudonym = pseudonymOf("Alice@Example.com", KEY);
  expect(pseudonym).toMatch(/^erased-[0-9a-f]{16}@example\.com$/);
  expect(pseudonymOf("alice@example.com", KEY)).toBe(pseudonym);
  expect(pseudonymOf("bob@example.com", KEY)).not.toBe(pseudonym);
  expect(pseudonymOf("alice@example.com", Buffer.from("another").toString("hex"))).not.toBe(pseudonym);
  expect(isPseudonym(pseudonym)).toBe(true);
});
