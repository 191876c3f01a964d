import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ExportRewriter } from "../../src/aperture/rewrite/export-rewriter.ts";
import { loginReplacer } from "../../src/ledger/names/login-replacer.ts";
import { runs } from "../property/runs.ts";
import { decodedForms, spelled } from "../spelled-login.ts";
import * as cbor from "./cbor-build.ts";
import { sampleRecord } from "./sample-record.ts";

const LOGIN = "jo.müller+dev@example.com";
const GONE = "erased-0123456789abcdef@example.com";

/** A record in which the text stands wherever a gateway may write one, and where none ever would. */
function recordOf(written: string, parted = cbor.indefiniteText([written.slice(0, 3), written.slice(3)])): Buffer {
  return sampleRecord({
    identity: cbor.map([["login_name", cbor.text(written)], ["metadata", cbor.map([[`of ${written}`, cbor.integer(1)], ["list", cbor.array([cbor.text(`(${written})`)])]])]]),
    model: cbor.text(`anthropic/claude-${written}`),
    path: cbor.text(`/v1/users/${written}/messages`),
    session_id: cbor.text(`ses_${written}`),
    capture: cbor.map([
      // A field of no rule of its own, and tags, are dropped where they are longer.
      ["loginName", cbor.text(Buffer.byteLength(written) < 250 ? written : LOGIN)],
      ["requestHeaders", cbor.map([
        ["User-Agent", cbor.array([cbor.text(`cli/1.0 (${written})`)])],
        ["X-Parted", parted],
        ["X-Bytes", cbor.bytes(Buffer.from(`${written};`))],
        ["X-Latin", cbor.textOfBytes(Buffer.concat([Buffer.from([0xff]), Buffer.from(`\n${written}`)]))],
        [`x-${written}`, cbor.array([cbor.text("1")])],
      ])],
      ["requestBody", cbor.NULL],
      ["tags", cbor.map([["owner", cbor.text(Buffer.byteLength(written) < 900 ? written : LOGIN)]])],
    ]),
  });
}

function pseudonymise(content: Buffer, cuts: readonly number[]): Buffer {
  const written: Buffer[] = [];
  const rewriter = new ExportRewriter((position) => (position === 1 ? "pseudonymise" : "keep"), { redact: (text) => text, pseudonymise: loginReplacer(LOGIN, GONE) }, (bytes) => void written.push(Buffer.from(bytes)));
  let at = 0;
  for (const cut of [...cuts.map((one) => one % (content.length + 1)).sort((a, b) => a - b), content.length]) {
    rewriter.push(Buffer.from(content.subarray(at, cut)));
    at = cut;
  }
  return Buffer.concat(written);
}

test("a login goes out of every text of a record, however it is spelled and however the bytes arrive, and all else stays", () => {
  fc.assert(
    fc.property(spelled(LOGIN), fc.array(fc.nat(), { maxLength: 40 }), (written, cuts) => {
      const others = recordOf("somebody.else@example.com");
      // A text that came in parts is written as a whole where it changes.
      const expected = Buffer.concat([others, recordOf(GONE, cbor.text(GONE)), others]);
      const copy = pseudonymise(Buffer.concat([others, recordOf(written), others]), cuts);
      expect(copy.toString("latin1")).toBe(expected.toString("latin1"));
      expect(decodedForms(copy.toString("utf8")).filter((form) => form.toLowerCase().includes(LOGIN))).toEqual([]);
    }),
    runs(60),
  );
});

test("a login goes out between bytes that are no UTF-8, whichever they are", () => {
  for (const odd of [0x80, 0xb5, 0xc3, 0xd7, 0xe9, 0xfe, 0xff]) {
    // What is a letter in Latin-1, and so part of a longer login there, becomes what readers take it for.
    const kept = /\p{L}/u.test(Buffer.from([odd]).toString("latin1")) ? Buffer.from("\ufffd") : Buffer.from([odd]);
    const withHeader = (login: string, byte: Buffer): Buffer => {
      const between = Buffer.concat([Buffer.from("x "), byte, Buffer.from(login), byte]);
      return sampleRecord({ identity: cbor.map([["login_name", cbor.text(login)]]), path: cbor.textOfBytes(between), capture: cbor.map([["requestHeaders", cbor.map([["X-Odd", cbor.array([cbor.bytes(between)])]])]]) });
    };
    const others = recordOf("somebody.else@example.com");
    const copy = pseudonymise(Buffer.concat([others, withHeader(LOGIN, Buffer.from([odd]))]), []);
    expect(copy.toString("latin1")).toBe(Buffer.concat([others, withHeader(GONE, kept)]).toString("latin1"));
  }
});

test("names of fields and headers stay, also where the login is such a word", () => {
  const content = recordOf("somebody@example.com");
  const written: Buffer[] = [];
  const rewriter = new ExportRewriter(() => "pseudonymise", { redact: (text) => text, pseudonymise: loginReplacer("agent", GONE) }, (bytes) => void written.push(Buffer.from(bytes)));
  rewriter.push(content);
  expect(Buffer.concat(written).equals(content)).toBe(true);
});
