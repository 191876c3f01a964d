import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loginReplacer } from "../../src/ledger/names/login-replacer.ts";
import { spelled } from "../spelled-login.ts";

const LOGIN = "alice.doe@example.com";
const GONE = "erased-0123456789abcdef@example.com";
const erase = loginReplacer(LOGIN, GONE);

const LOGINS = [LOGIN, "a.b+c-d@x-y.example", "o'neil@example.com", 'a(b)[c]$^|?*{1}\\/"@example.com', "jürgen@bücher.example", "straße@example.com", "Ελένης@παράδειγμα.gr", "김@예.kr", "𐐨x@example.com", "nina@x.com", "100%25@x.com", "corp\\nina@x.com"];

describe("a login in a text", () => {
  test.each([
    ["as it is", "alice.doe@example.com"],
    ["in capitals", "ALICE.DOE@EXAMPLE.COM"],
    ["percent-encoded", "alice.doe%40example.com"],
    ["percent-encoded where it need not be", "%61lice%2Edoe%40example%2ecom"],
    ["percent-encoded twice", "alice.doe%2540example.com"],
    ["percent-encoded three times", "alice.doe%252540example.com"],
    ["escaped as in JSON", String.raw`alice.doe\u0040example.com`],
    ["escaped in capitals", String.raw`\u0041lice\u002Edoe\u0040example.com`],
    ["escaped in JSON inside JSON", String.raw`alice.doe\\u0040example.com`],
    ["escaped in JSON inside JSON inside JSON", String.raw`alice.doe\\\\u0040example.com`],
    ["percent-encoded in escaped JSON", String.raw`alice.doe\u002540example.com`],
    ["escaped and then percent-encoded", "alice.doe%5Cu0040example.com"],
    ["with the sign of Kelvin for a k", "\u212aate@x.com", "kate@x.com"],
    ["with a slash that is escaped", String.raw`a\/b@x.com`, "a/b@x.com"],
    ["with a quote that is escaped", String.raw`\"a b\"@x.com`, '"a b"@x.com'],
    ["in capitals that are more letters", "STRASSE@x.com", "straße@x.com"],
    ["with a capital of two characters", "İlker@x.com", "İlker@x.com".toLowerCase()],
    ["as UTF-8 that is read as Latin-1", Buffer.from("jürgen@x.com").toString("latin1"), "jürgen@x.com"],
  ])("is found %s", (_how, written, login = LOGIN) => {
    expect(loginReplacer(login, GONE)(written)).toBe(GONE);
    expect(loginReplacer(login, GONE)(`/v1/${written}?q=1`)).toBe(`/v1/${GONE}?q=1`);
  });

  test.each(["", " ", "/", "=", "_", "-", ".", "+", "(", "%20", "%2F", "%3d", "\\n", "\\t", '\\"', "\\\\n", "\\u0022", "\\u003C", "C:\\Users\\", "CORP\\", "报告", "ü%20", "%ff", "%", "\\"])("is found behind %j", (before) => {
    for (const login of [LOGIN, "nina@x.com", "bob@x.com", "face@x.com"]) expect(loginReplacer(login, GONE)(`${before}${login}`)).toBe(before + GONE);
  });

  test.each(["", " ", "/", "&", ".", "_", "-", "%20", "%26", "\\n", '\\"', "\\\\n", "\\u0022", "さん", "%", "\\", "%zz"])("is found before %j", (behind) => {
    expect(erase(`${LOGIN}${behind}`)).toBe(GONE + behind);
    expect(erase(`alice.doe%40example.com${behind}`)).toBe(GONE + behind);
  });

  test.each([
    "joalice.doe@example.com",
    "joalice.doe%40example.com",
    "%6Aoalice.doe@example.com",
    "\\u006aalice.doe%40example.com",
    "üalice.doe@example.com",
    "%C3%BCalice.doe@example.com",
    "2alice.doe@example.com",
    "alice.doe@example.community",
    "alice.doe%40example.comm",
    "alice.doe@example.com%6D",
    "alice.doe@example.com\\u006d",
    "alice.doe@example.co",
    "alice-doe@example.com",
    "alice.doe%41example.com",
    "alice.doe%4example.com",
    "alice.doe\\u004example.com",
    "alice.doe%40example.org",
  ])("is not in %s", (text) => {
    expect(erase(text)).toBe(text);
  });

  test("is found in any mixture of spellings from letter to letter, and all around it keeps its characters", () => {
    const separators = ["", " ", "/v1/", "?user=", "%20", "\\u0022", '\\"}', "%F0%9F%98%80"];
    const around = fc.constantFrom(...separators);
    const ahead = fc.constantFrom(...separators, "ünï ", "100% ", '{\\"a\\": \\"');
    const cases = fc.constantFrom(...LOGINS).chain((login) => fc.record({ login: fc.constant(login), first: spelled(login), second: spelled(login), before: ahead, between: around.filter((text) => text !== ""), behind: around }));
    fc.assert(
      fc.property(cases, ({ login, first, second, before, between, behind }) => {
        expect(loginReplacer(login.toLowerCase(), GONE)(before + first + between + second + behind)).toBe(before + GONE + between + GONE + behind);
      }),
      { numRuns: 500 },
    );
  });

  test("is found whatever login it is", () => {
    const login = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((text) => `${text}@x.com`.toLowerCase()).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(login.chain((text) => fc.tuple(fc.constant(text), spelled(text))), ([text, written]) => {
        expect(loginReplacer(text, GONE)(` ${written} `)).toBe(` ${GONE} `);
      }),
      { numRuns: 500 },
    );
  });

  test("that is not there leaves a text as it is", () => {
    const pieces = fc.constantFrom("%", "25", "40", "\\", "u", "0040", "00", "alice", ".doe", "@", "example", "ü", "\ud83d", "%40", "\\u0040", " ");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const text = parts.join("");
        expect(erase(text)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(["\\", "%", "%25", "25", "\\u005c", "\\u0025", "%5C", "%5Cu0025", "\\\\\\\\u0061", "%61%6c", "%F0%9F", "Ã", "alice.doe@example.co"])("takes no more than its time in %j, again and again", (piece) => {
    const text = `%${piece.repeat(Math.ceil(50_000 / piece.length))} `;
    expect(erase(text + LOGIN)).toBe(text + GONE);
  });
});
