import { pathToFileURL } from "node:url";
import { messageOf } from "../ledger/errors.ts";

/** Starts the machine's own program for an address. */
export type Launch = (url: string) => Promise<unknown>;

/** Loaded on demand: few calls open a page. */
const launchBrowser: Launch = async (url) => await (await import("open")).default(url);

/** Where a page would appear: the operating system, and the environment that names a display. */
export interface Desktop {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
}

/**
 * Opens a local page in the default browser, and returns a line that says so. Without a browser or a display it does not fail: the line then says
 * where the page is.
 */
export async function openPage(file: string, { platform, env }: Desktop = process, launch: Launch = launchBrowser): Promise<string> {
  const url = pathToFileURL(file).href;
  if (!hasDisplay(platform, env)) return `not opened   this machine has no display: ${url}`;
  try {
    await launch(url);
    return `opened       ${url}`;
  } catch (error) {
    return `not opened   no browser could be started (${messageOf(error)}): ${url}`;
  }
}

/** Windows below WSL and the other systems always have one; elsewhere the session's variables name it. */
function hasDisplay(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  if (platform === "darwin" || platform === "win32") return true;
  return ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].some((name) => (env[name] ?? "") !== "");
}
