import { expect, test } from "vitest";
import { openPage } from "../../src/cli/open-page.ts";

const PAGE = "/lake/reports/2026-09/chargeback page.html";
const URL = "file:///lake/reports/2026-09/chargeback%20page.html";

test.each<[NodeJS.Platform, NodeJS.ProcessEnv]>([["darwin", {}], ["win32", {}], ["linux", { DISPLAY: ":0" }], ["linux", { WAYLAND_DISPLAY: "wayland-0" }], ["linux", { WSL_DISTRO_NAME: "Debian" }]])("on %s with %j the page is opened by its address", async (platform, env) => {
  const launched: string[] = [];
  const said = await openPage(PAGE, { platform, env }, (url) => Promise.resolve(launched.push(url)));
  expect([said, launched]).toEqual([`opened       ${URL}`, [URL]]);
});

test("without a display nothing is started, and the address is said", async () => {
  const said = await openPage(PAGE, { platform: "linux", env: { DISPLAY: "" } }, () => Promise.reject(new Error("must not be called")));
  expect(said).toBe(`not opened   this machine has no display: ${URL}`);
});

test("a browser that cannot be started is no failure", async () => {
  const said = await openPage(PAGE, { platform: "darwin", env: {} }, () => Promise.reject(new Error("spawn xdg-open ENOENT")));
  expect(said).toBe(`not opened   no browser could be started (spawn xdg-open ENOENT): ${URL}`);
});
