/** The members of an alert that may contain a login. */
interface NamedAlert {
  limit: string;
  period: string;
  threshold: string;
  title: string;
  lines: readonly string[];
  figures: Readonly<Record<string, string | number | null>>;
}

/** Replaces a login in all texts of an alert, including the name in its key. */
export function replaceInAlert<Told extends NamedAlert>(alert: Told, replace: (text: string) => string): Told {
  const { limit, period, threshold, title, lines, figures } = alert;
  return {
    ...alert,
    limit: replace(limit),
    period: replace(period),
    threshold: replace(threshold),
    title: replace(title),
    lines: lines.map(replace),
    figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, typeof value === "string" ? replace(value) : value])),
  };
}

/** Words that may be a login, without the punctuation around them in alerts. */
const WORD = /[^\s,;()[\]{}"'<>]+/g;

/** Replaces erased logins where only their pseudonyms are known, by trying each word of a text, and its parts: a bucket may be named `daily:ann@example.com`. */
export function replaceErased(pseudonymOf: (login: string) => string | undefined): (text: string) => string {
  const replaceWord = (word: string): string | undefined => {
    const login = word.replace(/[:.]+$/, "");
    const pseudonym = pseudonymOf(login.toLowerCase());
    return pseudonym === undefined ? undefined : `${pseudonym}${word.slice(login.length)}`;
  };
  return (text) => text.replace(WORD, (word) => replaceWord(word) ?? word.split(":").map((part) => replaceWord(part) ?? part).join(":"));
}
