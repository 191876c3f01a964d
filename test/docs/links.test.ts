import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGES = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map((name) => join(ROOT, name)),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).flatMap((name) => (name.endsWith(".md") ? [join(ROOT, "docs", name)] : [])),
];

/** Without code, in which brackets mean something else. */
function proseOf(page: string): string {
  return readFileSync(page, "utf8").replaceAll(/^```.*?^```$/gms, "").replaceAll(/^(?: {4}.*\n)+/gm, "\n").replaceAll(/`[^`\n]*`/g, "");
}

/** As GitHub names a heading: letters, digits, hyphens and underscores, in lower case. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, "utf8").replaceAll(/^```.*?^```$/gms, "").match(/^#{1,6} .*$/gm) ?? [];
  return new Set(headings.map((heading) => heading.replace(/^#+ /, "").toLowerCase().replaceAll(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-")));
}

function brokenLinks(page: string): string[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const place = file === "" ? page : join(dirname(page), file);
    return !existsSync(place) || (anchor !== undefined && !anchorsOf(place).has(anchor));
  });
}

test.each(PAGES.map((page) => [relative(ROOT, page), page] as const))("every link of %s leads somewhere", (_, page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("every page of docs/ is linked from the README or a page that it links", () => {
  const reached = new Set<string>();
  const waiting = [join(ROOT, "README.md")];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    if (reached.has(page)) continue;
    reached.add(page);
    const links = [...proseOf(page).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)].map(([, target = ""]) => join(dirname(page), target));
    waiting.push(...links.filter((link) => existsSync(link)));
  }
  const lost = PAGES.filter((page) => page.startsWith(join(ROOT, "docs")) && !page.includes("/adr/") && !reached.has(page));
  expect(lost.map((page) => relative(ROOT, page))).toEqual([]);
});
