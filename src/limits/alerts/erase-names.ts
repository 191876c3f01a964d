/** What of an alert may name somebody. */
interface NamedAlert {
  limit: string;
  period: string;
  threshold: string;
  title: string;
  lines: readonly string[];
  figures: Readonly<Record<string, string | number | null>>;
}

/** An alert whose texts say something else instead of a login, the name it is kept under among them. */
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

/** Parts of a sentence that may be a login: what stands around one in alerts is no part of it. */
const WORD = /[^\s,;()[\]{}"'<>]+/g;

/** Replaces logins that were erased, where only their pseudonyms are known: each word of a text is tried. */
export function replaceErased(pseudonymOf: (login: string) => string | undefined): (text: string) => string {
  return (text) => text.replace(WORD, (word) => {
    const login = word.replace(/[:.]+$/, "");
    const pseudonym = pseudonymOf(login.toLowerCase());
    return pseudonym === undefined ? word : `${pseudonym}${word.slice(login.length)}`;
  });
}
