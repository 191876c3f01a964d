import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "./chromium.ts";

export const LAPTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true };

/** The windows in which everyone can read and use the worker's pages. */
export const WINDOWS: [name: string, options: BrowserContextOptions][] = [
  ["a laptop, light", { ...LAPTOP, colorScheme: "light" }],
  ["a laptop, dark", { ...LAPTOP, colorScheme: "dark" }],
  ["a phone, light", { ...PHONE, colorScheme: "light" }],
  ["a phone, dark", { ...PHONE, colorScheme: "dark" }],
];

/** A browser for all tests of a file, and the script of the checker of accessibility. */
export function openBrowser(): { browser: () => Browser; axe: () => string } {
  let opened: { browser: Browser; axe: string } | undefined;
  const known = (): { browser: Browser; axe: string } => {
    if (opened === undefined) throw new Error("the browser is only open while tests run");
    return opened;
  };
  beforeAll(async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    opened = { browser: await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] }), axe };
  });
  afterAll(async () => await opened?.browser.close());
  return { browser: () => known().browser, axe: () => known().axe };
}
