import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactorOf } from "../../src/aperture/rewrite/redactor.ts";
import { SECRET_PATTERNS } from "../../src/aperture/reader/secret-patterns.ts";
import { runs } from "../property/runs.ts";

const redact = redactorOf([]);
const nothing = (): void => undefined;

const word = (length: number): string => "Ab3_x-Yz9".repeat(length).slice(0, length);
const letters = (length: number): string => "aB3dE6gH9".repeat(length).slice(0, length);
const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(20);
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${word(43)}`;

const secrets: [name: string, secret: string][] = [
  ["api_key", `sk-${letters(48)}`],
  ["api_key", `sk-ant-api03-${word(90)}`],
  ["api_key", `sk-proj-${word(120)}`],
  ["google_key", `AIza${letters(35)}`],
  ["aws_key", "AKIAIOSFODNN7EXAMPLE"],
  ["aws_key", "ASIAIOSFODNN7EXAMPLE"],
  ["github_token", `ghp_${letters(36)}`],
  ["github_token", `gho_${letters(36)}`],
  ["github_token", `github_pat_${letters(22)}_${letters(59)}`],
  ["slack_token", `xoxb-123456789012-${letters(24)}`],
  ["slack_token", `xoxp-123456789012-${letters(24)}`],
  ["tailscale_key", `tskey-auth-${letters(16)}-${letters(32)}`],
  ["bearer_token", `Bearer ${letters(40)}`],
  ["bearer_token", `bearer ${jwt}`],
  ["jwt", jwt],
  ["private_key", `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----`],
  ["private_key", `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n${body}-----END RSA PRIVATE KEY-----`],
  ["private_key", `-----BEGIN OPENSSH PRIVATE KEY-----\\n${body.replaceAll("\n", "\\n")}-----END OPENSSH PRIVATE KEY-----`],
  ["mail", "alice.o-brien+ci@mail.example.co.uk"],
  ["mail", "jürgen@bücher.example"],
];

it.each(secrets)("%s is replaced wherever it stands: %s", (name, secret) => {
  const names: string[] = [];
  const redacted = redact(`key="${secret}", then ${secret}\n(${secret})`, (found) => void names.push(found));
  expect(redacted).toBe(`key="[${name}]", then [${name}]\n([${name}])`);
  expect(names).toEqual([name, name, name]);
});

it("of a private key that is cut off all that follows may be part", () => {
  expect(redact(`key: -----BEGIN EC PRIVATE KEY-----\n${body}`, nothing)).toBe("key: [private_key]");
});

it("leaves what merely looks like it", () => {
  const text = "task-force-of-seventeen-people risk-averse-and-more-words disk-usage 3 @ 5 a@b bearer of news, the eye of AKIA, xoxo sk-learn user@host";
  expect(redact(text, nothing)).toBe(text);
});

const pieces = fc.oneof(
  fc.constantFrom(...secrets.map(([, secret]) => secret)),
  fc.constantFrom("-", "_", ".", "@", " ", "x", "[", "]", "[mail]", "eyJ", "sk-", "Bearer ", "-----BEGIN PRIVATE KEY-----", "AKIA", "é"),
  fc.string({ maxLength: 8 }),
);

it("redacting twice is redacting once, whatever stands beside what", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const once = redact(parts.join(""), nothing);
      expect(redact(once, nothing)).toBe(once);
    }),
    runs(2000),
  );
});

describe("a text made to be slow takes no longer than others", () => {
  const starts = ["a", "a.", "a-", "@", "a@", "a@a.", "é", "sk-", "eyJ", "eyJ-", "eyJaaaaaaaa.", "eyJaaaaaaaa.eyJ", "Bearer ", "bearer\t", "-----BEGIN PRIVATE KEY-----", "-", "xoxb-", "A", "AKIA", "gh", "ghp_", "tskey-", "_", "."];
  it.each(starts)("%j a million times", (start) => {
    for (const end of ["", "!", "@", "a@", ".eyJ"]) {
      const text = start.repeat(Math.ceil(2 ** 20 / start.length)) + end;
      expect(typeof redact(`${text} bob@example.com`, nothing)).toBe("string");
    }
  });

  it("of 16 MiB in one word", () => {
    for (const start of ["sk-", "Bearer ", "", "-----BEGIN PRIVATE KEY-----"]) expect(redact(`${start}${"a".repeat(2 ** 24)} bob@example.com`, nothing)).toContain("[mail]");
  });
});

it("custom patterns are replaced after the built-in ones, and an empty match is none", () => {
  const custom = redactorOf([{ name: "ticket", pattern: "ACME-\\d+" }, { name: "empty", pattern: "x*" }]);
  const names: string[] = [];
  expect(custom("ACME-17 by bob@example.com, 2x", (name) => void names.push(name))).toBe("[ticket] by [mail], 2[empty]");
  expect(names).toEqual(["mail", "ticket", "empty"]);
});

it("names are told apart by their markers", () => {
  expect(new Set(SECRET_PATTERNS.map(({ name }) => name)).size).toBe(SECRET_PATTERNS.length);
});
