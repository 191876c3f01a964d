import { describe, expect, it } from "vitest";
import type { RejectionReason } from "../../src/aperture/reader/rejection.ts";
import {
  array, bytes, double, half, integer, map, nested, NULL, single, tagged, text,
  textOfBytes, TRUE,
} from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { EXPORT_SECONDS, IDENTITY, sampleRecord } from "./sample-record.ts";

type Case = readonly [what: string, changes: Record<string, Buffer | undefined>, reason: RejectionReason, field: string | null];

const LONG = text("x".repeat(70_000));
const NOT_UTF8 = textOfBytes(Buffer.from([0x61, 0xc3, 0x28]));
const DEEP = nested(9, array([integer(0)]).subarray(0, 1));
const BIGNUM = Buffer.from("010000000000000000", "hex");

function usage(value: Buffer): Record<string, Buffer> {
  return { usage: map([["input_tokens", integer(1)], ["output_tokens", value]]) };
}

function dollars(value: Buffer): Record<string, Buffer> {
  return { estimated_cost: map([["dollars", value]]) };
}

const CASES: readonly Case[] = [
  ["no id and no capture id", { id: undefined, capture_id: undefined }, "no_identifier", null],
  ["no id and an empty capture id", { id: NULL, capture_id: text("") }, "no_identifier", null],
  ["an id of 2^63", { id: integer(2n ** 63n) }, "id_out_of_range", "id"],
  ["an id of 2^64", { id: tagged(2, bytes(BIGNUM)) }, "id_out_of_range", "id"],
  ["an id below -2^63", { id: integer(-(2n ** 63n) - 1n) }, "id_out_of_range", "id"],
  ["a negative bignum id", { id: tagged(3, bytes(BIGNUM)) }, "id_out_of_range", "id"],
  ["a text for id", { id: text("7") }, "wrong_type", "id"],
  ["a fraction for id", { id: double(7.5) }, "wrong_type", "id"],
  ["an id of another tag", { id: tagged(4, integer(7)) }, "wrong_type", "id"],
  ["a bignum of no bytes type", { id: tagged(2, text("7")) }, "wrong_type", "id"],
  ["a number for capture id", { capture_id: integer(1) }, "wrong_type", "capture_id"],
  ["no identity", { identity: undefined }, "no_identity", "identity"],
  ["null for identity", { identity: NULL }, "no_identity", "identity"],
  ["a text for identity", { identity: text("alice") }, "wrong_type", "identity"],
  ["a tagged identity", { identity: tagged(1000, IDENTITY) }, "wrong_type", "identity"],
  ["a number for login", { identity: map([["login_name", integer(1)]]) }, "wrong_type", "identity.login_name"],
  ["a text for tags", { identity: map([["tags", text("tag:ci")]]) }, "wrong_type", "identity.tags"],
  ["a number among tags", { identity: map([["tags", array([text("tag:ci"), integer(1)])]]) }, "wrong_type", "identity.tags"],
  ["no timestamp", { timestamp: undefined }, "timestamp_missing", "timestamp"],
  ["null for timestamp", { timestamp: NULL }, "timestamp_missing", "timestamp"],
  ["a timestamp without zone", { timestamp: text("2026-10-05T12:00:00") }, "timestamp_invalid", "timestamp"],
  ["a timestamp of 2019", { timestamp: text("2019-12-31T23:59:59.999999Z") }, "timestamp_out_of_range", "timestamp"],
  ["a timestamp from the future", { timestamp: integer(EXPORT_SECONDS + 86_401) }, "timestamp_out_of_range", "timestamp"],
  ["milliseconds for seconds", { timestamp: integer(EXPORT_SECONDS * 1000) }, "timestamp_out_of_range", "timestamp"],
  ["a long timestamp", { timestamp: LONG }, "too_large", "timestamp"],
  ["a negative count", usage(integer(-1)), "token_count_invalid", "usage.output_tokens"],
  ["a count of 2^53", usage(integer(2 ** 53)), "token_count_invalid", "usage.output_tokens"],
  ["a count of 2^64 - 1", usage(integer(2n ** 64n - 1n)), "token_count_invalid", "usage.output_tokens"],
  ["a fractional count", usage(double(1.5)), "token_count_invalid", "usage.output_tokens"],
  ["a count that is no number", usage(half(0x7e00)), "token_count_invalid", "usage.output_tokens"],
  ["a text for a count", usage(text("12")), "token_count_invalid", "usage.output_tokens"],
  ["true for a count", usage(TRUE), "token_count_invalid", "usage.output_tokens"],
  ["a list for usage", { usage: array([]) }, "wrong_type", "usage"],
  ["not a number of dollars", dollars(double(NaN)), "cost_invalid", "estimated_cost.dollars"],
  ["infinite dollars", dollars(single(Infinity)), "cost_invalid", "estimated_cost.dollars"],
  ["negative dollars", dollars(double(-0.01)), "cost_invalid", "estimated_cost.dollars"],
  ["a billion dollars", dollars(integer(1_000_000_000)), "cost_invalid", "estimated_cost.dollars"],
  ["a text for dollars", dollars(text("0.5")), "cost_invalid", "estimated_cost.dollars"],
  ["a number for cost", { estimated_cost: double(0.5) }, "wrong_type", "estimated_cost"],
  ["a number for model", { model: integer(5) }, "wrong_type", "model"],
  ["a login that is no UTF-8", { identity: map([["login_name", NOT_UTF8]]) }, "not_utf8", "identity.login_name"],
  ["a deep model", { model: DEEP }, "too_deep", "model"],
  ["a model in deep tags", { model: nested(9, tagged(1, integer(0)).subarray(0, 1)) }, "too_deep", "model"],
  ["a tagged model", { model: tagged(1000, text("m")) }, "wrong_type", "model"],
  ["a long login", { identity: map([["login_name", LONG]]) }, "too_large", "identity.login_name"],
  ["a capture id that is no UTF-8", { capture_id: NOT_UTF8 }, "not_utf8", "capture_id"],
  ["a bignum count beyond 2^53 - 1", usage(tagged(2, bytes(Buffer.from("20000000000000", "hex")))), "token_count_invalid", "usage.output_tokens"],
  ["a negative bignum count", usage(tagged(3, bytes(Buffer.from([1])))), "token_count_invalid", "usage.output_tokens"],
  ["bignum dollars of a billion", dollars(tagged(2, bytes(Buffer.from("3b9aca00", "hex")))), "cost_invalid", "estimated_cost.dollars"],
  ["a text for status", { status_code: text("200") }, "wrong_type", "status_code"],
  ["a negative status", { status_code: integer(-1) }, "wrong_type", "status_code"],
  ["a status of 2^31", { status_code: integer(2 ** 31) }, "wrong_type", "status_code"],
];

describe("a record is quarantined for", () => {
  it.each(CASES)("%s", async (_, changes, reason, field) => {
    const good = sampleRecord();
    const { rejections, accepted, damage } = await readContent(Buffer.concat([good, sampleRecord(changes), good]), ["Wanted"]);
    expect({ rejections, accepted, damage }).toEqual({ rejections: [{ reason, field }], accepted: 2, damage: null });
  });
});

describe("what has no meaning for accounting is no reason to quarantine, and is not remarked", () => {
  it.each([
    ["a long header nobody wants", { capture: map([["requestHeaders", map([["Cookie", LONG], ["X", NOT_UTF8]])]]) }],
    ["a body of any shape", { capture: map([["requestBody", DEEP], ["responseBody", NOT_UTF8]]) }],
  ])("%s", async (_, changes) => {
    const { requests, ...reading } = await readContent(sampleRecord(changes), ["Wanted"]);
    expect(reading).toMatchObject({ accepted: 1, rejected: 0, damage: null });
    expect(requests[0]?.remarks).toEqual({ altered: [], unknownKeys: [] });
  });
});
