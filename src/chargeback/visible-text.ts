/** C0 controls and DEL but not tab, line feed and carriage return. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/g;

/** Tabs, line ends, C1 controls, and what turns the direction of text around or shows nothing at all. */
const MISLEADING = /[\t\n\r\x80-\x9F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

/** Text in which control characters are spelled out (NUL as `[U+0000]`); tabs and line ends stay. */
export function spellControls(text: string): string {
  return text.replace(UNPRINTABLE, spell);
}

/** Text from outside as people may be shown it: on one line, nothing in it unseen, nothing that moves its surroundings. */
export function visibleText(text: string): string {
  return spellControls(text).replace(MISLEADING, spell);
}

function spell(character: string): string {
  return `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`;
}
