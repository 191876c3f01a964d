import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ExportRewriter } from "../../src/aperture/rewrite/export-rewriter.ts";
import { loginReplacer } from "../../src/login-replacer.ts";
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

test("names of fields and headers stay, also where the login is such a word", () => {
  const content = recordOf("somebody@example.com");
  const written: Buffer[] = [];
  const rewriter = new ExportRewriter(() => "pseudonymise", { redact: (text) => text, pseudonymise: loginReplacer("agent", GONE) }, (bytes) => void written.push(Buffer.from(bytes)));
  rewriter.push(content);
  expect(Buffer.concat(written).equals(content)).toBe(true);
});
