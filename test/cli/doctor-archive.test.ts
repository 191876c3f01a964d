import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { lockedPlace } from "../contract/locked-place.ts";
import { type Proxy, startProxy } from "../contract/s3-proxy.ts";
import type { FreshS3 } from "../services/s3.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { findings, of } from "./findings.ts";

let proxy: Proxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

function urlOf({ location }: FreshS3, endpoint = location.endpoint): string {
  return `"${location.url}?endpoint=${endpoint}&region=us-east-1"`;
}

const COMPLIANCE = "lock: {mode: COMPLIANCE, retain: 7 years}";

describe("doctor, of an archive", () => {
  test("says that it is write-once, and leaves nothing behind in a bucket that keeps versions", async () => {
    const { place, versionsOf } = await lockedPlace();
    const { code, found } = await findings(`lake: "${temporaryFolder()}"\nsources: [{name: prod, url: "${temporaryFolder()}"}]\narchive: {url: ${urlOf(place)}, ${COMPLIANCE}}\n`, place.env);
    expect(of(found, "archive store")).toMatchObject({ state: "ok", finding: expect.stringMatching(/keeps the first version where two writers create an object/) as string });
    expect(found.filter(({ check }) => check === "archive")).toEqual([{ check: "archive", state: "ok", finding: "write-once: Object Lock, COMPLIANCE for 7 years" }]);
    expect(code).toBe(0);
    expect(await versionsOf("")).toEqual([]);
  });

  test.each<[string, boolean, string, RegExp]>([
    ["a bucket with Object Lock that nobody asks for", true, "", /set archive\.lock/],
    ["a bucket without", false, "", /bucket with Object Lock/],
    ["a lock that the bucket cannot keep", false, COMPLIANCE, /has no effect here/],
  ])("says that it is not write-once: %s", async (_, objectLock, lock, remedy) => {
    const { place } = await lockedPlace(objectLock);
    const { found } = await findings(`lake: "${temporaryFolder()}"\narchive: {url: ${urlOf(place)}, ${lock}}\n`, place.env);
    expect(of(found, "archive")).toMatchObject({
      state: "attention",
      finding: expect.stringMatching(/not write-once: anyone with write access can alter it/) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  test("says so of a folder too", async () => {
    const { found } = await findings(`lake: "${temporaryFolder()}"\narchive: {${COMPLIANCE}}\n`);
    expect(of(found, "archive")).toMatchObject({ state: "attention", remedy: expect.stringMatching(/has no effect here/) as string });
  });

  test("says that a lake with versions keeps what is replaced", async () => {
    const { place } = await lockedPlace();
    const { found } = await findings(`lake: ${urlOf(place)}\narchive: {${COMPLIANCE}}\n`, place.env);
    expect(found.filter(({ check }) => check === "archive").map(({ state, finding }) => [state, finding])).toEqual([
      ["ok", "write-once: Object Lock, COMPLIANCE for 7 years"],
      ["attention", expect.stringMatching(/keeps every table that is replaced/)],
    ]);
  });

  test("names rules of retention that the lock outlasts, and no others", async () => {
    const { place } = await lockedPlace();
    const rules = "retention: [{content: bodies, keep: 90 days}, {content: records, keep: 84 months}, {content: records, keep: 6 years, instance: old}]";
    const { found } = await findings(`lake: "${temporaryFolder()}"\narchive: {url: ${urlOf(place)}, ${COMPLIANCE}, ${rules}}\n`, place.env);
    const late = found.filter(({ check, state }) => check === "archive" && state === "attention");
    expect(late.map(({ finding }) => finding)).toEqual([
      expect.stringMatching(/^bodies kept for 90 days cannot be removed before 7 years/),
      expect.stringMatching(/^records kept for 6 years cannot be removed before 7 years/),
    ]);
  });

  test("names the key that signs, and says when there is none or a bad one", async () => {
    const lake = `lake: "${temporaryFolder()}"\n`;
    const { privateKey } = generateKeys();
    const file = join(temporaryFolder(), "key.pem");
    writeFileSync(file, privateKey);
    const { publicKey } = readSigningKey(privateKey, file);
    expect(of((await findings(`${lake}archive: {signing_key: "${file}"}\n`)).found, "archive key")).toMatchObject({ state: "ok", finding: expect.stringContaining(publicKey) as string });
    expect(of((await findings(lake)).found, "archive key")).toMatchObject({ state: "attention", remedy: expect.stringContaining("archive keys") as string });
    const bad = await findings(lake, { APERTURE_LEDGER_SIGNING_KEY: "no key at all" });
    expect(of(bad.found, "archive key").state).toBe("failed");
    expect(bad.code).toBe(1);
    expect(JSON.stringify(bad.found)).not.toContain("no key at all");
  });

  test("minds that it may not ask for locks only where one is configured", async () => {
    const { place } = await lockedPlace();
    proxy = await startProxy(place.location.endpoint, ({ url }) => (url.includes("?object-lock") ? { status: 403 } : undefined));
    const url = urlOf(place, proxy.endpoint);
    const unlocked = await findings(`lake: ${url}\n`, place.env);
    expect(of(unlocked.found, "archive")).toMatchObject({ state: "attention", finding: expect.stringMatching(/it is unknown whether it is write-once/) as string });
    const locked = await findings(`lake: ${url}\narchive: {${COMPLIANCE}}\n`, place.env);
    expect(of(locked.found, "archive").state).toBe("failed");
  });
});
