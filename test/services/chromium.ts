import { CHROMIUM, describeMissing, findCommand } from "./requirements.ts";

/** The browser that the tests drive: `$CHROMIUM`, else the `chromium` on the path. */
export function chromiumPath(): string {
  const path = process.env["CHROMIUM"] || findCommand("chromium");
  if (path === undefined) throw new Error(describeMissing([CHROMIUM]));
  return path;
}

/** Chromium's own sandbox needs kernel features that containers withhold; the tests show it their own pages only. */
export const CHROMIUM_ARGUMENTS: readonly string[] = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
