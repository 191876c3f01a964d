import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

/** Folders with files of code in them or below. */
function foldersBelow(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => foldersBelow(`${folder}/${name}`));
  return below.length > 0 || entries.some(({ name }) => /\.[jt]s$/.test(name)) ? [folder, ...below] : [];
}

/** The folders of the picture: two spaces of indent a floor. */
function picturedFolders(): string[] {
  const [, picture = ""] = /^## Floors\n\n((?: {4}.*\n)+)/m.exec(PAGE) ?? [];
  const above: string[] = [];
  return [...picture.matchAll(/^ {4}( *)([\w-]+)\/(?: +(\S.*))?$/gm)].map(([, indent = "", name = ""]) => {
    const depth = indent.length / 2;
    above.splice(depth, above.length, name);
    return above.join("/");
  });
}

test("the structure pictured is the structure", () => {
  expect(picturedFolders().toSorted()).toEqual([...foldersBelow("jobs"), ...foldersBelow("src")].toSorted());
});

test("every folder of the picture but src says what it holds", () => {
  const [, picture = ""] = /^## Floors\n\n((?: {4}.*\n)+)/m.exec(PAGE) ?? [];
  const bare = picture.split("\n").filter((line) => /\/\s*$/.test(line));
  expect(bare.map((line) => line.trim())).toEqual(["src/"]);
});

test("every file and folder that the page names is there", () => {
  const named = [...PAGE.matchAll(/`((?:src|jobs|test|docs)\/[\w./-]+|oxlint\.config\.ts)`/g)].map(([, path = ""]) => path);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(named.length).toBeGreaterThan(40);
});
