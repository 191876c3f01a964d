import { describe, expect, test } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import { partlyFailed } from "../../src/ledger/partly-failed.ts";

/** What is said where as many of three exports failed. */
function remedyOf(failed: number, cause: unknown, these?: string): string | undefined {
  const failures = Array.from({ length: failed }, (_, index) => ({ name: `export ${String(index)}`, cause }));
  return partlyFailed("exports_failed", { what: "exports were not ingested", tried: 3, others: "The other exports were ingested", ...(these === undefined ? {} : { these }) }, failures)?.remedy;
}

describe("the error of work that failed", () => {
  const denied = new LedgerError("storage_denied", "no", { remedy: "grant it." });

  test("in part says what became of the others", () => {
    expect(remedyOf(2, denied)).toBe("grant it. The other exports were ingested; the next run tries again");
    expect(remedyOf(1, denied, "This one stays")).toBe("grant it. The other exports were ingested. This one stays; the next run tries again");
  });

  test("as a whole says nothing of others, since there are none", () => {
    expect(remedyOf(3, denied)).toBe("grant it; the next run tries again");
    expect(remedyOf(3, new Error("x"), "They stay")).toBe("see the log for each error. They stay; the next run tries again");
  });

  test("says once that the next run tries again", () => {
    expect(remedyOf(3, new LedgerError("bill_fetch_failed", "no", { remedy: "the next run tries again" }))).toBe("the next run tries again");
  });

  test("is none where nothing failed", () => expect(remedyOf(0, denied)).toBeUndefined());
});
