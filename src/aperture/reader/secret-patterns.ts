/** A pattern that every redacted copy replaces, in addition to the configured ones. */
export interface SecretPattern {
  /** The replacement, without its brackets. */
  name: string;
  /** No groups, no lookbehind, and no repetition inside a repetition. */
  pattern: string;
  /** A text that every match contains. */
  anchor: string;
}

const WORD = "[A-Za-z0-9_-]";
/** Includes letters beyond ASCII. */
const ADDRESS = "A-Za-z0-9\\u{80}-\\u{10FFFF}";
const PEM_LABEL = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----";

/**
 * Every repetition has a limit, and patterns that can start at many places of a text are short: matching takes a bounded
 * time per character. No pattern matches a bracket at its ends, so that redacting twice changes nothing.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  // A key of up to 16 KiB in base64, with the headers of an encrypted key; a truncated key is a secret too.
  {
    name: "private_key",
    pattern: `-----BEGIN ${PEM_LABEL}(?:[^-]|-(?!----)){0,32768}(?:-----END ${PEM_LABEL})?`,
    anchor: "-----BEGIN ",
  },
  { name: "jwt", pattern: `eyJ${WORD}{8,320}\\.eyJ${WORD}{2,16384}(?:\\.${WORD}{0,4096}){1,4}`, anchor: "eyJ" },
  { name: "api_key", pattern: `sk-${WORD}{16,1024}`, anchor: "sk-" },
  { name: "google_key", pattern: `AIza${WORD}{35}`, anchor: "AIza" },
  { name: "aws_key", pattern: "A(?:KIA|SIA)[A-Z0-9]{16}", anchor: "A(?:KIA|SIA)" },
  { name: "github_token", pattern: "gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}", anchor: "gh[pousr]_|github_pat_" },
  { name: "slack_token", pattern: "xox[abeoprs]-[A-Za-z0-9-]{10,255}", anchor: "xox" },
  { name: "tailscale_key", pattern: `tskey-${WORD}{10,255}`, anchor: "tskey-" },
  { name: "bearer_token", pattern: "[Bb][Ee][Aa][Rr][Ee][Rr][ \\t]{1,8}[A-Za-z0-9._~+/=-]{8,16384}", anchor: "[Bb][Ee][Aa][Rr][Ee][Rr][ \\t]" },
  // RFC 5321: 64 octets before the @, 255 after it.
  { name: "mail", pattern: `[${ADDRESS}._%+-]{1,64}@(?:[${ADDRESS}-]{1,63}\\.){1,8}[A-Za-z\\u{80}-\\u{10FFFF}]{2,63}`, anchor: "@" },
];
