import { createHmac } from "node:crypto";

/** Letters and digits that are hard to confuse: without i, l, o and u. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX = "person";
/** 60 bits: the probability that any two of a million people share a pseudonym is one in two million. */
const LETTERS = 12;
const GROUP = 4;
/** Taken from an HMAC-SHA-256. */
const MOST_LETTERS = 32;
/** Makes pseudonyms of reports differ from those of erasures, even if one secret is used for both. */
const PURPOSE = "aperture-ledger report\n";

const WRITTEN = new RegExp(`^${PREFIX}(?:-[${ALPHABET}]{${String(GROUP)}})+$`);

/** A person's pseudonym in reports, such as `person-7k3m-9x2q-hd4v`. It is the same in every month as long as the key is the same. */
export function reportPseudonym(login: string, key: Buffer, letters = LETTERS): string {
  const digest = createHmac("sha256", key).update(PURPOSE + login.toLowerCase()).digest();
  const written = [...digest.subarray(0, letters)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");
  return [PREFIX, ...(written.match(new RegExp(`.{1,${String(GROUP)}}`, "g")) ?? [])].join("-");
}

/** A pseudonym for each login. Equal pseudonyms are lengthened, so that two people never share a row. */
export function namePeople(logins: Iterable<string>, key: Buffer, letters = LETTERS): ReadonlyMap<string, string> {
  const named = new Map([...new Set(logins)].map((login): [string, string] => [login, reportPseudonym(login, key, letters)]));
  if (letters >= MOST_LETTERS) return named;
  for (const alike of Map.groupBy(named.keys(), (login) => named.get(login)).values()) {
    if (alike.length > 1) for (const [login, longer] of namePeople(alike, key, letters + GROUP)) named.set(login, longer);
  }
  return named;
}

/** The logins that a report's pseudonym may stand for. Undefined for text that is not such a pseudonym. */
export function findNamed(pseudonym: string, logins: Iterable<string>, key: Buffer): string[] | undefined {
  const written = pseudonym.trim().toLowerCase();
  if (!WRITTEN.test(written)) return undefined;
  const letters = written.replaceAll("-", "").length - PREFIX.length;
  return [...new Set(logins)].filter((login) => reportPseudonym(login, key, letters) === written);
}
