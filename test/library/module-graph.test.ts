import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../deploy/compose-file.ts";

/** Loaded with a file: modules of this project (relative to `src`) and packages. Types are erased, and dynamic imports wait until they are needed. */
function loadedWith(entry: string): { files: string[]; packages: string[] } {
  const [files, packages] = [new Set([join(ROOT, "src", entry)]), new Set<string>()];
  for (const file of files) {
    for (const [, names = "", from = ""] of readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )([\w*{}\s,]+ from )?"([^"]+)"/gm)) {
      const onlyTypes = /^\{(?:\s*type [^,}]+,?)+\s*\} from $/s.test(names);
      if (onlyTypes || from.startsWith("node:")) continue;
      if (from.startsWith(".")) files.add(join(dirname(file), from));
      else packages.add(from.startsWith("@") ? from.split("/").slice(0, 2).join("/") : (from.split("/")[0] ?? from));
    }
  }
  return { files: [...files].map((file) => relative(join(ROOT, "src"), file)).sort(), packages: [...packages].sort() };
}

test("the verifier loads nothing but the formats of archives and the stores, and the packages that the page names", () => {
  const { files, packages } = loadedWith("library/verify.ts");
  const allowed = /^(?:library\/verify\.ts|lake\/layout\.ts|archive\/verify-archive\.ts|(?:archive\/(?:chain|copies|retention|verifier)|storage|ledger)\/.*)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  expect(files).toContain("archive/verifier/check-chain.ts");
  const page = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  const [, named = ""] = /It loads (.*?) of npm/s.exec(page) ?? [];
  expect(packages).toEqual([...named.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort());
});
