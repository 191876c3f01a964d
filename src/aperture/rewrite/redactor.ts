import { SECRET_PATTERNS } from "../reader/secret-patterns.ts";

/** A name and the expression that it stands for. */
export interface NamedPattern {
  name: string;
  /** Source of a regular expression, as JavaScript has it with the flag `u`. */
  pattern: string;
}

/**
 * Replaces what is not to be kept in a text; the same text where there is nothing.
 * @param found told the name of each match.
 */
export type Redactor = (text: string, found: (name: string) => void) => string;

/** Before a secret there is something that no secret is made of, or another secret. */
const BOUNDARY = "(?<![A-Za-z0-9_])";

/** No built-in pattern matches where this does not. */
const ANCHORS = new RegExp(SECRET_PATTERNS.map(({ anchor }) => anchor).join("|"), "u");

/**
 * Replaces the built-in patterns, then the given ones in their order, by `[name]`.
 * The built-in ones take time in proportion to the text, whatever it is; the others what JavaScript takes for them.
 */
export function redactorOf(patterns: readonly NamedPattern[]): Redactor {
  const custom = patterns.map(({ name, pattern }) => ({ name, expression: new RegExp(pattern, "gu") }));
  return (text, found) => {
    let redacted = ANCHORS.test(text) ? redactSecrets(text, found) : text;
    for (const { name, expression } of custom) {
      redacted = redacted.replace(expression, (match: string) => {
        if (match === "") return match;
        found(name);
        return `[${name}]`;
      });
    }
    return redacted;
  };
}

const ANY_SECRET = SECRET_PATTERNS.map(({ pattern }) => `(${pattern})`).join("|");
const somewhere = new RegExp(`${BOUNDARY}(?:${ANY_SECRET})`, "gu");
/** Right behind a match: what is there stands behind a `]` in the redacted text, where it would be found the next time. */
const adjacent = new RegExp(ANY_SECRET, "uy");

function redactSecrets(text: string, found: (name: string) => void): string {
  let redacted = "";
  let done = 0;
  somewhere.lastIndex = 0;
  for (let match = somewhere.exec(text); match !== null; ) {
    const name = nameOf(match);
    found(name);
    redacted += `${text.slice(done, match.index)}[${name}]`;
    done = match.index + match[0].length;
    adjacent.lastIndex = done;
    somewhere.lastIndex = done;
    match = adjacent.exec(text) ?? somewhere.exec(text);
  }
  return done === 0 ? text : redacted + text.slice(done);
}

/** Each pattern is one group, and none has groups of its own. */
function nameOf(match: RegExpExecArray): string {
  const index = match.findIndex((group: string | undefined, i) => i > 0 && group !== undefined);
  return SECRET_PATTERNS[index - 1]?.name ?? "secret";
}
