import { describe, expect, it } from "vitest";
import { identifyCaller } from "../../src/ledger/names/caller.ts";

const API_PROD = { caller: "tag:api,tag:prod", callerType: "tag", tags: ["tag:api", "tag:prod"] };

describe("a tagged device is its tags, sorted and distinct, whether they are recorded as", () => {
  it.each([
    ["a list", null, ["tag:prod", "tag:api"]],
    ["a list beside an empty login", "", ["tag:api", "tag:prod", "tag:api"]],
    ["a login", "tag:api,tag:prod", []],
    ["a login in another order, with spaces", "tag:prod, tag:api ,tag:prod", []],
    ["a login beside a list", "tag:api,tag:prod", ["tag:prod", "tag:api"]],
    ["a list beside tagged-devices", "tagged-devices", ["tag:prod", "tag:api"]],
    ["a list beside Tagged-Devices", "Tagged-Devices", ["tag:api", "tag:prod", ""]],
  ])("%s", (_, login, tags) => {
    expect(identifyCaller(login, tags)).toEqual(API_PROD);
  });
});

describe("a person", () => {
  it("is a login without regard to case", () => {
    const alice = { caller: "alice@example.com", callerType: "user", tags: [] };
    expect(identifyCaller("alice@example.com", [])).toEqual(alice);
    expect(identifyCaller("Alice@Example.COM", [])).toEqual(alice);
  });

  it("stays a person on a device that has tags", () => {
    expect(identifyCaller("alice@example.com", ["tag:laptop"])).toMatchObject({ caller: "alice@example.com", callerType: "user", tags: [] });
  });

  it("may have a login that is no address", () => {
    expect(identifyCaller("alice@github", []).caller).toBe("alice@github");
    expect(identifyCaller("=cmd|'/c calc'!A1", [])).toMatchObject({ caller: "=cmd|'/c calc'!a1", callerType: "user" });
  });
});

describe("nobody known", () => {
  it.each([[null, "unknown"], ["", "unknown"], ["tagged-devices", "tagged-devices"]])("is a login of %j without tags", (login, caller) => {
    expect(identifyCaller(login, [])).toEqual({ caller, callerType: "unknown", tags: [] });
    expect(identifyCaller(login, ["", " "])).toEqual({ caller, callerType: "unknown", tags: [] });
  });
});
