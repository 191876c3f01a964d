import type { ConfigPath } from "./config-places.ts";

const SECRET_KEYS = /secret|password|token|key|url|env$|file$|^redis$|^cluster$|^sentinels$|^endpoint$/i;
const WRITTEN_KEY = /([\w-]+)["']?\s*:(?=\s)/g;

/** Whether the value at a path may be a secret, or hold one, as a url may have a password. Such a value is not quoted in messages. */
export function mayBeSecret(path: ConfigPath, value: unknown): boolean {
  return path.some((part) => typeof part === "string" && SECRET_KEYS.test(part)) || (typeof value === "string" && value.includes("://"));
}

/** Whether a piece of a YAML text may show a secret, by the keys and urls in it. */
export function mayShowSecret(yaml: string): boolean {
  return mayBeSecret([...yaml.matchAll(WRITTEN_KEY)].flatMap(([, key]) => key ?? []), yaml);
}

/** A piece of a YAML text with the key that stands before it. */
export function fromKeyOn(text: string, start: number, end: number): string {
  return text.slice([...text.slice(0, start).matchAll(WRITTEN_KEY)].at(-1)?.index ?? start, end);
}
