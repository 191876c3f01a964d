import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskPath } from "../../src/aperture/reader/masked-path.ts";
import type { Credential } from "../../src/ledger/usage/recorded-request.ts";
import { array, map, text, textOfBytes } from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

const GEMINI = "/v1beta/models/gemini-2.5-pro:generateContent";
const KEY = `AIza${"Sy".repeat(17)}Z`;

test.each([
  ["a Google key", `${GEMINI}?key=${KEY}`, `${GEMINI}?key=[masked]`],
  ["a key between other parameters", `${GEMINI}?alt=sse&key=${KEY}&prettyPrint=false`, `${GEMINI}?alt=sse&key=[masked]&prettyPrint=false`],
  ["a key by the parameter's name in any spelling", "/v1/x?API-Key=abc&apiKey=abc&api_key=abc", "/v1/x?API-Key=[masked]&apiKey=[masked]&api_key=[masked]"],
  ["a parameter whose name is encoded", "/v1/x?%6Bey=abc", "/v1/x?%6Bey=[masked]"],
  ["a token", "/v1/x?access_token=ya29.a&token=b", "/v1/x?access_token=[masked]&token=[masked]"],
  ["a token in a fragment", "/v1/x#access_token=abc", "/v1/x#access_token=[masked]"],
  ["a signature", "/b/o?X-Amz-Credential=AKIA%2F20261005&X-Amz-Signature=0f&X-Amz-Date=20261005", "/b/o?X-Amz-Credential=[masked]&X-Amz-Signature=[masked]&X-Amz-Date=20261005"],
  ["Azure's signature", "/c/b?sv=2026&sig=a%2Bb%3D", "/c/b?sv=2026&sig=[masked]"],
  ["a value that says itself what it is", "/v1/x?auth=sk-ant-api03-abcdefgh&q=Bearer%20sk-ant-oat01-abcdefgh", "/v1/x?auth=[masked]&q=[masked]"],
  ["a plain key under another name", "/v1/x?auth=sk-abcdef0123456789abcdef", "/v1/x?auth=[masked]"],
  ["a value with another sign of equality", "/v1/x?key=a=b?c", "/v1/x?key=[masked]"],
  ["what is no UTF-8 when it is decoded", "/v1/x?key=%FF%", "/v1/x?key=[masked]"],
  ["a key that was cut", `/v1/x?key=AIza…[cut]`, "/v1/x?key=[masked]"],
])("%s is masked", (_what, path, masked) => {
  expect(maskPath(path).path).toBe(masked);
  expect(maskPath(masked)).toEqual({ path: masked, hasApiKey: false });
});

test.each([
  "/v1/messages", `${GEMINI}?alt=sse`, "/v1/messages?beta=true", "/v1/keys/key/token", "/v1/x?key=", "/v1/x?key", "/v1/files?after=eyJpZCI6MTIzNDU2Nzg5MH0", "/v1/x?page_token=abc&max_tokens=3", "/v1/x?q=AKIA", "/key=", "",
])("%j stays as it is", (path) => {
  expect(maskPath(path)).toEqual({ path, hasApiKey: false });
});

test("no key is left, and nothing else is gone, whatever stands around it", () => {
  const word = fc.stringMatching(/^[a-z0-9/.:~-]{0,12}$/);
  fc.assert(
    fc.property(word, fc.array(fc.tuple(fc.constantFrom("alt", "beta", "q"), word), { maxLength: 4 }), fc.nat(4), fc.constantFrom("key", "api_key", "x", "q"), (start, others, place, name) => {
      const written = (value: string): string => `/${start}?${others.map((one) => one.join("=")).toSpliced(place, 0, `${name}=${value}`).join("&")}`;
      expect(maskPath(written(KEY))).toEqual({ path: written("[masked]"), hasApiKey: true });
    }),
  );
});

describe("a request with a key in its path", () => {
  const headers = (value: string): Buffer => map([["requestHeaders", map([["Content-Type", array([text("application/json")])], ["Authorization", array([text(value)])]])]]);

  test.each<[string, Record<string, Buffer>, Credential | null]>([
    ["and no header", { capture: map([["requestHeaders", map([["Content-Type", array([text("application/json")])]])]]) }, "api_key"],
    ["and no capture", {}, "api_key"],
    ["and a masked header", { capture: headers("***") }, "api_key"],
    ["and the placeholder of a key", { capture: headers("Bearer -") }, "api_key"],
  ])("%s is one with a key of the caller's own", async (_what, changes, credential) => {
    const { requests } = await readContent(sampleRecord({ path: text(`${GEMINI}?key=${KEY}`), ...changes }));
    expect(requests[0]).toMatchObject({ path: `${GEMINI}?key=[masked]`, credential, remarks: { altered: [{ field: "path", kind: "masked" }] } });
  });

  test("shows nothing of who pays where the value is of no known form", async () => {
    const { requests } = await readContent(sampleRecord({ path: text("/v1/x?key=-"), capture: headers("Bearer sk-ant-oat01-abc") }));
    expect(requests[0]).toMatchObject({ path: "/v1/x?key=[masked]", credential: "subscription" });
  });

  test("keeps none of it where the path is no UTF-8 or too long, nor where it is turned away", async () => {
    const odd = textOfBytes(Buffer.concat([Buffer.from(`/\xff?key=${KEY}`, "latin1")]));
    const long = text(`/v1/x?key=${KEY}&q=${"z".repeat(70_000)}`);
    const reading = await readContent(Buffer.concat([sampleRecord({ path: odd }), sampleRecord({ path: long }), sampleRecord({ path: odd, status_code: text("x") })]));
    expect(reading).toMatchObject({ accepted: 2, rejected: 1 });
    expect(JSON.stringify(reading, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))).not.toContain(KEY);
    expect(reading.requests[0]?.remarks.altered).toEqual([{ field: "path", kind: "not_utf8" }, { field: "path", kind: "masked" }]);
  });
});
