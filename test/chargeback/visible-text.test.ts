import { describe, expect, test } from "vitest";
import { visibleJson, visibleText } from "../../src/ledger/text/visible-text.ts";

/** Every character that a font may leave out, by the Unicode of the Node that runs this. */
const IGNORABLE = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /\p{DI}/u.test(character));

describe("text from outside", () => {
  test("shows whatever a font may leave out between two letters, in lines and in JSON", () => {
    expect(IGNORABLE.length).toBeGreaterThan(4000);
    expect(IGNORABLE.filter((character) => visibleText(`a${character}b`).includes(character))).toEqual([]);
    expect(IGNORABLE.filter((character) => visibleJson(JSON.stringify(`a${character}b`)).includes(character))).toEqual([]);
  });

  test.each(["\u180F", "\u2800", "\uFE00", "\uFE0F", "\uFFF9", "\u{13430}", "\u{1343F}", "\u{1BCA0}", "\u{1D173}", "\u{E0100}", "\u{E01EF}"])("spells out %j", (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase();
    expect(visibleText(`team${character}`)).toBe(`team[U+${code}]`);
    expect(JSON.parse(visibleJson(JSON.stringify(`team${character}`)))).toBe(`team${character}`);
  });

  test.each(["❤️ team", "1️⃣", "#️⃣ ops", "🏳️‍🌈", "👩🏽‍💻", "☎︎ desk", "می‌خواهم", "क्‍ष", "straße"])("leaves %s as people write it", (text) => {
    expect(visibleText(text)).toBe(text);
    expect(visibleJson(JSON.stringify(text))).toBe(JSON.stringify(text));
  });

  test("shows a second selector behind an emoji, which draws nothing", () => {
    expect(visibleText("❤\uFE0F\uFE0F")).toBe("❤\uFE0F[U+FE0F]");
  });
});
