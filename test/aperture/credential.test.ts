import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Credential } from "../../src/ledger/usage/recorded-request.ts";
import { runs } from "../property/runs.ts";
import { array, bytes, indefiniteArray, indefiniteText, integer, map, NULL, tagged, text, textOfBytes } from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

type Headers = Readonly<Record<string, Buffer | string>>;

async function kindOf(headers: Headers): Promise<Credential | null | undefined> {
  return (await kindsOf([headers]))[0];
}

/** Of requests of one export. */
async function kindsOf(all: readonly Headers[]): Promise<(Credential | null)[]> {
  const records = all.map((headers) => {
    const entries = Object.entries({ "Content-Type": "application/json", ...headers }).map(([name, value]) => [name, typeof value === "string" ? array([text(value)]) : value] as const);
    return sampleRecord({ capture: map([["requestHeaders", map(entries)]]) });
  });
  return (await readContent(Buffer.concat(records))).requests.map(({ credential }) => credential);
}

const JWT = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"iss":"https://auth.openai.com"}').toString("base64url")}.c2ln`;
const ENTRA = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"aud":"https://cognitiveservices.azure.com","iss":"https://sts.windows.net/1/"}').toString("base64url")}.c2ln`;

const CASES: readonly (readonly [what: string, headers: Headers, kind: Credential | null])[] = [
  ["the token of a Claude plan", { Authorization: "Bearer sk-ant-oat01-abcdef" }, "subscription"],
  ["a header's name in any case", { AUTHORIZATION: "bearer sk-ant-oat01-abcdef" }, "subscription"],
  ["a value that is no list", { authorization: text("Bearer sk-ant-oat01-abcdef") }, "subscription"],
  ["a value in parts", { authorization: indefiniteArray([indefiniteText(["Bearer sk-ant-", "oat01-abcdef"])]) }, "subscription"],
  ["a self-described value", { authorization: tagged(55799, array([tagged(55799, text("Bearer sk-ant-oat01-a"))])) }, "subscription"],
  ["a value that is no UTF-8 behind what tells", { authorization: array([textOfBytes(Buffer.concat([Buffer.from("Bearer sk-ant-oat01-"), Buffer.from([0xff])]))]) }, "subscription"],
  ["the token of a ChatGPT plan", { Authorization: `Bearer ${JWT}`, "ChatGPT-Account-ID": "8f3e" }, "subscription"],
  ["a token beside a masked account of ChatGPT", { Authorization: `Bearer ${JWT}`, "chatgpt-account-id": "[REDACTED]" }, "subscription"],
  ["a token of a ChatGPT plan without its account", { Authorization: `Bearer ${JWT}` }, "subscription"],
  ["a token that is masked behind what tells", { Authorization: "Bearer sk-ant-oat01-***" }, "subscription"],
  ["a JSON Web Token that is masked behind what tells", { Authorization: "Bearer eyJhbGciOi…" }, "subscription"],
  ["a masked token beside an account of ChatGPT", { Authorization: "Bearer ***", "chatgpt-account-id": "8f3e" }, "subscription"],
  ["a token of a Claude plan in the header of keys", { "x-api-key": "sk-ant-oat01-abcdef" }, "subscription"],
  ["a token beside the placeholder of a key", { Authorization: "Bearer sk-ant-oat01-abcdef", "x-api-key": "-" }, "subscription"],
  ["a token behind a placeholder in the same header", { Authorization: array([text("Bearer -"), text("Bearer sk-ant-oat01-abcdef")]) }, "subscription"],
  ["a token of a Claude plan behind a scheme in the header of keys", { "x-api-key": "Bearer sk-ant-oat01-abcdef" }, "subscription"],
  ["a placeholder behind a scheme in the header of keys", { "x-api-key": "Bearer -" }, "none"],
  ["a masked key behind a scheme in the header of keys", { "x-api-key": "Bearer ***" }, null],
  ["an Azure key behind a scheme", { "api-key": "Bearer 0123456789abcdef0123456789abcdef" }, "api_key"],
  ["a key behind what only looks like a word for a mask", { Authorization: "[REDACTED]abcdef" }, "api_key"],
  ["an Anthropic key", { "x-api-key": "sk-ant-api03-abcdef" }, "api_key"],
  ["an Anthropic key as bearer", { Authorization: "Bearer sk-ant-api03-abcdef" }, "api_key"],
  ["an OpenAI key", { Authorization: "Bearer sk-abcdef0123456789" }, "api_key"],
  ["an OpenAI project's key", { Authorization: "Bearer sk-proj-abcdef" }, "api_key"],
  ["an Azure key", { "api-key": "0123456789abcdef0123456789abcdef" }, "api_key"],
  ["a sign-in to Azure", { Authorization: `Bearer ${ENTRA}` }, "api_key"],
  ["a Google key", { "X-Goog-Api-Key": "AIzaSyAbcdef" }, "api_key"],
  ["an AWS signature", { Authorization: "AWS4-HMAC-SHA256 Credential=AKIA0/20261005/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00" }, "api_key"],
  ["a masked AWS signature", { Authorization: "AWS4-HMAC-SHA256 ***" }, "api_key"],
  ["a Bedrock key", { Authorization: "Bearer ABSKabcdef" }, "api_key"],
  ["a key of no known form", { Authorization: "Bearer 7cf0aa1b2c3d4e5f" }, "api_key"],
  ["a key without a scheme", { Authorization: "xai-abcdef" }, "api_key"],
  ["a user and a password", { Authorization: "Basic dXNlcjpwYXNz" }, "api_key"],
  ["a key that is masked behind what tells", { "x-api-key": "sk-ant-api03-****abcd" }, "api_key"],
  ["a project's key that is masked behind what tells", { Authorization: "Bearer sk-proj-..." }, "api_key"],
  ["a key in the header of keys, masked behind the family's letters", { "x-api-key": "sk-ant-***" }, "api_key"],
  ["a key and a token: the provider takes the key", { Authorization: "Bearer sk-ant-oat01-abcdef", "x-api-key": "sk-ant-api03-abcdef" }, "api_key"],
  ["a key beside a masked token", { Authorization: "Bearer [REDACTED]", "x-api-key": "sk-ant-api03-abcdef" }, "api_key"],
  ["two values, one of them a placeholder", { Authorization: array([text("Bearer -"), text("Bearer sk-proj-abcdef")]) }, "api_key"],
  ["a key in a copy that lost it", { "x-api-key": "[dropped api_key]" }, "api_key"],
  ["a token in a copy that lost it", { Authorization: "[dropped subscription]" }, "subscription"],
  ["nothing in a copy that lost it", { "x-api-key": "[dropped none]" }, "none"],
  ["no credential header", { "User-Agent": "curl/8.5" }, "none"],
  ["the placeholder of the Claude Code Action", { "x-api-key": "-" }, "none"],
  ["the placeholder as bearer", { Authorization: "Bearer -" }, "none"],
  ["a bearer of nothing", { Authorization: "Bearer " }, "none"],
  ["an empty header", { Authorization: "" }, "none"],
  ["an empty list", { "x-api-key": array([]) }, "none"],
  ["null for a header", { "x-api-key": NULL }, "none"],
  ["a word that stands for no key", { Authorization: "Bearer not-needed" }, "none"],
  ["a key that llama.cpp asks for", { Authorization: "Bearer sk-no-key-required" }, "none"],
  ["an account of ChatGPT alone", { "chatgpt-account-id": "8f3e" }, "none"],
  ["stars", { Authorization: "***" }, null],
  ["stars as bearer", { Authorization: "Bearer ********" }, null],
  ["a masked key in the header of keys", { "x-api-key": "***" }, null],
  ["a word in brackets", { Authorization: "[REDACTED]" }, null],
  ["a word without brackets", { "x-api-key": "redacted" }, null],
  ["what a copy of an earlier version has", { Authorization: "[dropped]" }, null],
  ["what is masked before it tells", { Authorization: "Bearer sk-***" }, null],
  ["what is masked before it tells a token from a key", { Authorization: "Bearer sk-ant-***" }, null],
  ["a digest", { Authorization: "sha256:0f1e2d" }, null],
  ["the sign-in to Google, of a plan or of a cloud account", { Authorization: "Bearer ya29.abcdef" }, null],
  ["a token beside a masked key, which the provider would take", { Authorization: "Bearer sk-ant-oat01-abcdef", "x-api-key": "***" }, null],
  ["a number", { Authorization: integer(3) }, null],
  ["bytes", { "x-api-key": bytes(Buffer.from("sk-ant-api03-abcdef")) }, null],
];

describe("the kind of credential of", () => {
  it.each(CASES)("%s", async (_, headers, kind) => {
    expect(await kindOf(headers)).toBe(kind);
  });
});

/** Ways to write one text as a header's value; the last is what is told by its bytes where it is frequent. */
const FORMS: readonly ((value: string) => Buffer)[] = [
  (value) => text(value),
  (value) => indefiniteText([value]),
  (value) => indefiniteArray([text(value)]),
  (value) => tagged(55799, array([text(value)])),
  (value) => array([text(value)]),
];

it("is the same in whatever form a value is written", async () => {
  const plain = CASES.filter(([, headers]) => Object.values(headers).every((value) => typeof value === "string"));
  for (const form of FORMS) {
    const written = plain.map(([, headers]) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, form(String(value))])));
    const kinds = await kindsOf(written);
    expect(plain.map(([what], index) => [what, kinds[index]])).toEqual(plain.map(([what, , kind]) => [what, kind]));
  }
});

const anyHeader = fc.constantFrom("Authorization", "x-api-key", "api-key", "x-goog-api-key");
const anyScheme = fc.constantFrom("", "Bearer ", "bearer ", "Token ", "Basic ", "key=", " ");
const anyStart = fc.constantFrom("sk-ant-oat01-", "sk-ant-api03-", "sk-proj-", "sk-", "eyJ", "AIza", "[REDACTED]", "***", "-", "");

it("is the same as bare text and in a list, whatever the value", async () => {
  await fc.assert(
    fc.asyncProperty(anyHeader, anyScheme, anyStart, fc.stringMatching(/^[ -~]{0,8}$/), async (header, scheme, start, rest) => {
      const kinds = await kindsOf(FORMS.map((form) => ({ [header]: form(scheme + start + rest) })));
      expect(new Set(kinds).size).toBe(1);
    }),
    runs(60),
  );
});

describe("no kind can be seen", () => {
  it.each([
    ["without a capture", {}],
    ["of a capture that is null", { capture: NULL }],
    ["of a capture without headers", { capture: map([["requestBody", map([])]]) }],
    ["of headers that are null", { capture: map([["requestHeaders", NULL]]) }],
    ["of headers that are of the wrong type", { capture: map([["requestHeaders", text("Authorization: Bearer x")]]) }],
    ["of headers of which none was captured", { capture: map([["requestHeaders", map([])]]) }],
  ])("%s", async (_, changes) => {
    const { requests } = await readContent(sampleRecord(changes));
    expect(requests.map(({ credential }) => credential)).toEqual([null]);
  });
});

const secret = fc.string({ unit: fc.constantFrom(..."abcdefghijkmnopqrstuvwyzABCDEFGHJKLMNPQRSTUVWYZ23456789".split("")), minLength: 12, maxLength: 60 });

it("is all that is kept of it, whichever headers are wanted", async () => {
  await fc.assert(
    fc.asyncProperty(secret, fc.constantFrom("sk-ant-oat01-", "sk-ant-api03-", "sk-", "eyJ", "AIza", ""), fc.constantFrom("Authorization", "x-api-key", "API-Key", "x-goog-api-key"), fc.constantFrom("", "Bearer ", "Basic ", "AWS4-HMAC-SHA256 Credential="), async (hidden, prefix, header, scheme) => {
      const capture = map([["requestHeaders", map([[header, array([text(`${scheme}${prefix}${hidden}`)])], ["Wanted", array([text("w")])]])]]);
      const content = Buffer.concat([sampleRecord({ capture }), sampleRecord({ capture, status_code: text("x") })]);
      const reading = await readContent(content, ["wanted", header.toLowerCase()]);
      expect(reading.accepted + reading.rejected).toBe(2);
      const said = JSON.stringify(reading, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
      expect(said).not.toContain(hidden);
      expect(reading.requests[0]).toMatchObject({ headers: { wanted: "w" }, credential: expect.stringMatching(/subscription|api_key/) as string });
    }),
    { numRuns: 60 },
  );
});
