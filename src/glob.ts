import { Minimatch } from "minimatch";

/** As the gateway's own patterns are read: nothing but `*`, `**`, `?` and `[…]` has a meaning, dots are letters like others. */
const OPTIONS = { dot: true, nobrace: true, nocomment: true, noext: true, nonegate: true, platform: "linux" } as const;

/** Whether a pattern is more than a name: `*` stands for any letters of one segment (between `/`), `**` for any number of segments. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Compiles a pattern; one without `*`, `?` and `[…]` matches its own text alone. */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (!isGlob(pattern)) return (text) => text === pattern;
  const compiled = new Minimatch(pattern, OPTIONS);
  return (text) => compiled.match(text);
}
