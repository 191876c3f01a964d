import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateKeys, publicKeyPem } from "../../src/archive/chain/signing-key.ts";
import { addDays, dayOf } from "../../src/ledger/days.ts";
import { call } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { testKey } from "./sign-now.ts";
import { newKey } from "./sign-now.ts";
import { Tampering, tampered } from "./verifying.ts";

/** An archive up to today with the public key beside it, as an auditor has both. */
async function audited(): Promise<{ root: string; key: string; folder: string; keys: string[]; privateKey: string }> {
  const [root, folder] = [temporaryFolder(), temporaryFolder()];
  const pair = generateKeys();
  const sealed = new SealedArchive(intoFolder(root), testKey(pair.privateKey));
  const first = addDays(dayOf(new Date(), "UTC"), -3);
  await sealed.addDays(first, 4, ["prod"], 2);
  const key = join(folder, "signing-key.pub.pem");
  writeFileSync(key, pair.publicKey);
  const keys: string[] = [];
  for (const name of ["export-0", "export-1"]) keys.push(`archive/prod/${first.replaceAll("-", "/")}/${name}.cbor.zstd`);
  return { root, key, folder, keys, privateKey: pair.privateKey };
}

test("archive verify tells an auditor with the public key and the archive alone whether anything is missing or altered", async () => {
  const { root, key, folder, keys } = await audited();
  const good = await call(["archive", "verify", "--archive", root, "--public-key", key], { cwd: folder });
  expect(good).toMatchObject({ code: 0, stderr: "" });
  expect(good.stdout).toContain("verified     nothing is missing or altered");
  expect(good.stdout).toContain("not checked  derived tables");

  const [altered = ""] = keys;
  const at = tampered(root);
  at.flip(altered);
  const report = join(folder, "report.json");
  const bad = await call(["archive", "verify", "--archive", at.root, "--public-key", key, "--json", "--report", report], { cwd: folder });
  expect(bad.code).toBe(1);
  const printed = JSON.parse(bad.stdout) as object;
  expect(printed).toMatchObject({ format: 1, verified: false, findings: [{ code: "altered", instance: "prod", key: altered }] });
  expect(JSON.parse(readFileSync(report, "utf8"))).toEqual(printed);
  const text = await call(["archive", "verify", "--archive", at.root, "--public-key", key], { cwd: folder });
  expect(text.stdout).toContain(`finding      altered: ${altered} is not as digest`);
  expect(text.stdout).toContain("not verified 1 finding");
});

test("archive verify --replica reports on the second copy, refuses the archive itself, and fails where there is none", async () => {
  const { root, key, folder } = await audited();
  const replica = tampered(root);
  const verify = async (url: string, ...more: string[]) => await call(["archive", "verify", "--archive", root, "--public-key", key, "--replica", url, ...more], { cwd: folder });
  const good = await verify(replica.root);
  expect(good.stdout).toContain(`${replica.root}: 20 objects in both, 20 of them read, 0 locks compared`);
  expect(good.code).toBe(0);
  replica.write("archive/prod/notes.txt", Buffer.from("planted"));
  utimesSync(join(replica.root, "archive/prod/notes.txt"), 0, 0);
  const bad = await verify(replica.root, "--json");
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({ verified: false, replica: { differences: [{ code: "replica_adds", keys: ["archive/prod/notes.txt"] }] } });
  expect(await verify(root)).toMatchObject({ code: 2, stderr: expect.stringContaining("is where the archive is") as string });
  expect(await verify(join(folder, "nowhere"))).toMatchObject({ code: 1, stdout: "" });
});

test("archive copy says what it copied and which line of the configuration publishes it, and changes no configuration", async () => {
  const { root, key, folder } = await audited();
  const config = join(folder, "aperture-ledger.yaml");
  writeFileSync(config, `lake: ${root}\narchive:\n  public_key: ${key}\n`);
  const before = readFileSync(config, "utf8");
  const to = join(folder, "copy");
  const dry = await call(["archive", "copy", "--to", to, "--dry-run"], { cwd: folder });
  expect(dry.stdout).toMatch(/to copy +20 objects.*\n.*\n.*nothing was written/);
  expect(existsSync(to)).toBe(false);
  const done = await call(["archive", "copy", "--to", to], { cwd: folder });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toContain("verified     nothing is missing or altered");
  expect(done.stdout).toContain(`then set archive.url: ${to}`);
  expect(readFileSync(config, "utf8")).toBe(before);
  const again = await call(["archive", "copy", "--to", to, "--json"], { cwd: folder });
  expect(JSON.parse(again.stdout)).toMatchObject({ dry_run: false, copied: { objects: 0 }, present: { objects: 20 }, verification: { verified: true }, publish: { "archive.url": to } });
  expect(await call(["archive", "copy", "--to", root], { cwd: folder })).toMatchObject({ code: 2, stderr: expect.stringContaining("is where the archive is") as string });
});

test("archive verify says what is wrong with its call", async () => {
  const { root, key, folder } = await audited();
  const verify = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await call(["archive", "verify", ...args], { cwd: folder });
    expect(code).toBe(2);
    return stderr;
  };
  expect(await verify("--archive", root)).toContain("[key_missing]");
  expect(await verify("--archive", root, "--public-key", join(folder, "no.pem"))).toContain("[key_unusable]");
  expect(await verify("--public-key", key)).toContain("no archive is given");
  expect(await verify("--archive", root, "--public-key", key, "--seed", "1")).toContain("--sample");
  expect(await verify("--archive", root, "--public-key", key, "--sample", "all")).toContain("whole number");
});

test("archive verify fails where there is no such archive, and finds everything wrong with a stranger's key", async () => {
  const { root, key, folder } = await audited();
  expect(await call(["archive", "verify", "--archive", join(root, "elsewhere"), "--public-key", key], { cwd: folder })).toMatchObject({ code: 1, stdout: "" });
  const stranger = join(folder, "stranger.pem");
  writeFileSync(stranger, publicKeyPem(newKey().publicKey));
  const { code, stdout } = await call(["archive", "verify", "--archive", root, "--public-key", stranger], { cwd: folder });
  expect(code).toBe(1);
  expect(stdout).toContain("digest_key");
});

test("archive verify writes a certificate, and records the outcome where it has the key", async () => {
  const { root, key, folder, keys, privateKey } = await audited();
  const verify = async (args: readonly string[], env: Record<string, string> = {}) => await call(["archive", "verify", "--archive", root, "--public-key", key, ...args], { cwd: folder, env });
  expect(await verify(["--record"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("[key_missing]") });
  expect(await verify(["--by", "ann"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--record") });
  const page = join(folder, "c.html");
  const signs = { APERTURE_LEDGER_SIGNING_KEY: privateKey };
  const good = await verify(["--record", "--by", "ann@example.com", "--certificate", page], signs);
  expect(good).toMatchObject({ code: 0, stderr: "" });
  expect(good.stdout).toContain("\nrecorded     in the chain of prod\n");
  expect(readFileSync(page, "utf8")).toContain("PASS IN WHAT WAS CHECKED");

  new Tampering(root).flip(keys[0] ?? "");
  const bad = await verify(["--record", "--json", "--certificate", page], signs);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({ verified: false, recorded: ["prod"], gateways: [{ last_verified: { by: "ann@example.com", findings: 0 } }] });
  expect(readFileSync(page, "utf8")).toContain("<strong>FAIL</strong>");
  const stranger = await verify(["--record"], { APERTURE_LEDGER_SIGNING_KEY: generateKeys().privateKey });
  expect(stranger.code).toBe(1);
  expect(stranger.stdout).toMatch(/^not recorded key_unusable: /m);
});

test("archive verify --print-script prints the same script again, which names the newest digest and verifies the archive without the program", async () => {
  const { root, key, folder } = await audited();
  const printed = async (): Promise<string> => (await call(["archive", "verify", "--archive", root, "--print-script"], { cwd: folder })).stdout;
  const script = await printed();
  expect(await printed()).toBe(script);
  const { stdout } = await call(["archive", "verify", "--archive", root, "--public-key", key, "--json"], { cwd: folder });
  const { gateways: [gateway] } = JSON.parse(stdout) as { gateways: { first: string; last: string; head: string }[] };
  expect(script).toContain(`#   prod: digests of ${gateway!.first} to ${gateway!.last}, head ${gateway!.head}\n`);
  writeFileSync(join(folder, "verify-archive.sh"), script);
  expect(execFileSync("sh", ["verify-archive.sh", root, key], { cwd: folder, encoding: "utf8" })).toMatch(/^gateway: prod: 4 digests, [\s\S]*\nPASS\n$/);
});
