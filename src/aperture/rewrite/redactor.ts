import { SECRET_PATTERNS } from "../reader/secret-patterns.ts";

/** A named expression. */
export interface NamedPattern {
  name: string;
  /** Source of a JavaScript regular expression with the flag `u`. */
  pattern: string;
}

/**
 * Replaces secrets in a text; returns the same text where it finds none.
 * @param found receives the name of each match.
 */
export type Redactor = (text: string, found: (name: string) => void) => string;

/** A secret follows a character that cannot be part of a secret, or another secret. */
const BOUNDARY = "(?<![A-Za-z0-9_])";

/** Wherever a built-in pattern matches, this matches too. */
const ANCHORS = new RegExp(SECRET_PATTERNS.map(({ anchor }) => anchor).join("|"), "u");

/**
 * Replaces the built-in patterns, then the given ones in their order, by `[name]`.
 * The built-in patterns take linear time for any text; the given ones take whatever time JavaScript needs.
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
/** Directly after a match: in the redacted text this follows a `]`, where a second pass would find it. */
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
