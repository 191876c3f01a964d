interface Rule {
  pattern: RegExp;
  keeps: boolean;
}

/**
 * Whether a path of the build context goes to the builder. The last rule that speaks of the path or of a folder above it
 * decides, as in Docker.
 */
export function contextFilter(dockerignore: string): (path: string) => boolean {
  const rules = dockerignore
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): Rule => {
      const keeps = line.startsWith("!");
      return { pattern: toPattern(line.replace(/^!/, "").replaceAll(/^\/|\/$/g, "")), keeps };
    });
  return (path) => {
    const parts = path.split("/");
    const itAndAbove = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    const last = rules.findLast(({ pattern }) => itAndAbove.some((candidate) => pattern.test(candidate)));
    return last?.keeps ?? true;
  };
}

/** Unlike in a shell, and in Node's own globs, `*` also stands for names that begin with a dot. */
function toPattern(glob: string): RegExp {
  const written = glob.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${written.replaceAll("**", "\0").replaceAll("*", "[^/]*").replaceAll("?", "[^/]").replaceAll("\0", ".*")}$`);
}
