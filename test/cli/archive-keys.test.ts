import { createPrivateKey, createPublicKey } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { generateKeys, readPublicKey } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { auditChain, digestsOf } from "../archive/sealing.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

describe("aperture-ledger archive keys", () => {
  test("makes a pair that only its owner can read, and says what to do with it", async () => {
    const { code, stdout } = await call(["archive", "keys", "--out", join(folder, "keys")]);
    const files = { private: join(folder, "keys/signing-key.pem"), public: join(folder, "keys/signing-key.pub.pem") };
    expect(code).toBe(0);
    expect(statSync(files.private).mode & 0o777).toBe(0o600);
    const key = createPrivateKey(readFileSync(files.private, "utf8"));
    expect(key.asymmetricKeyType).toBe("ed25519");
    expect(createPublicKey(key).export({ type: "spki", format: "pem" })).toBe(readFileSync(files.public, "utf8"));
    for (const text of [files.private, files.public, "archive.signing_key", "auditor"]) expect(stdout).toContain(text);
    for (const line of readFileSync(files.private, "utf8").split("\n").slice(1, -2)) expect(stdout).not.toContain(line);
  });

  test("writes into the user's folder for configuration where no other is named, and nobody else can list it", async () => {
    const { code, stdout } = await call(["archive", "keys"], { cwd: folder, env: { XDG_CONFIG_HOME: join(folder, "config") } });
    expect(code).toBe(0);
    expect(stdout).toContain(join(folder, "config/aperture-ledger/signing-key.pem"));
    expect(statSync(join(folder, "config/aperture-ledger")).mode & 0o777).toBe(0o700);
    expect((await call(["archive", "keys"], { cwd: folder, env: { HOME: folder } })).stdout).toContain(join(folder, ".config/aperture-ledger/signing-key.pem"));
  });

  test.each<[string, () => void]>([
    ["a checkout", () => mkdirSync(join(folder, ".git"))],
    ["a worktree", () => writeFileSync(join(folder, ".git"), "gitdir: elsewhere")],
  ])("writes no private key into %s unless told to", async (_, make) => {
    make();
    const out = join(folder, "some/keys");
    const refused = await call(["archive", "keys", "--out", "some/keys"], { cwd: folder });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/git checkout[\s\S]*--in-checkout/) as string });
    expect(existsSync(out)).toBe(false);
    expect((await call(["archive", "keys", "--out", out, "--in-checkout"], { cwd: folder })).code).toBe(0);
    expect(existsSync(join(out, "signing-key.pem"))).toBe(true);
  });

  test.each(["signing-key.pem", "signing-key.pub.pem"])("never writes over %s", async (name) => {
    writeFileSync(join(folder, name), "what was there");
    const { code, stderr } = await call(["archive", "keys", "--out", folder]);
    expect(code).toBe(2);
    expect(stderr).toContain("[file_exists]");
    expect(stderr).toContain(join(folder, name));
    expect(readFileSync(join(folder, name), "utf8")).toBe("what was there");
  });

  test("shows the public key of the configured one, from a file or the environment", async () => {
    const pair = generateKeys();
    writeFileSync(join(folder, "key.pem"), pair.privateKey);
    writeFileSync(join(folder, "aperture-ledger.yaml"), `archive: {signing_key: ${join(folder, "key.pem")}}\n`);
    const fromFile = await call(["archive", "keys", "--show"], { cwd: folder });
    expect(fromFile.stdout).toContain(pair.publicKey);
    const elsewhere = temporaryFolder();
    const { stdout } = await call(["archive", "keys", "--show", "--json"], { cwd: elsewhere, env: { APERTURE_LEDGER_SIGNING_KEY: pair.privateKey } });
    expect(JSON.parse(stdout)).toEqual({ public_key: readPublicKey(pair.publicKey, "here"), pem: pair.publicKey });
    expect(await call(["archive", "keys", "--show"], { cwd: elsewhere })).toMatchObject({ code: 2, stderr: expect.stringContaining("[key_missing]") as string });
  });

  test("rotate records the new key in each chain, and the next digest is signed with it", async () => {
    const [source, lake] = [temporaryFolder(), temporaryFolder()];
    writeRequests(source, [{ by: "ann@example.com", at: "2026-10-10T12:00:00Z" }]);
    const pairs = [generateKeys(), generateKeys()];
    for (const [index, pair] of pairs.entries()) {
      mkdirSync(join(folder, String(index)));
      writeFileSync(join(folder, String(index), "key.pem"), pair.privateKey);
    }
    const [first, second] = [join(folder, "0/key.pem"), join(folder, "1/key.pem")];
    const configure = (key: string): void => writeFileSync(join(folder, "aperture-ledger.yaml"), `sources: [{name: prod, url: ${source}}]\nlake: ${lake}\narchive: {signing_key: ${key}}\n`);
    configure(first);
    await call(["archive", "seal"], { cwd: folder });
    const { code, stdout } = await call(["archive", "keys", "rotate", "--new", second, "--by", "ann@example.com", "--json"], { cwd: folder });
    const [from, to] = pairs.map(({ publicKey }) => readPublicKey(publicKey, "here"));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ from, to, gateways: [{ instance: "prod", recorded: expect.stringMatching(/^archive\/prod\/_events\/.*-rotation-/) as string }] });
    const [{ recorded }] = (JSON.parse(stdout) as { gateways: [{ recorded: string }] }).gateways;
    expect(JSON.parse(readFileSync(join(lake, recorded), "utf8"))).toMatchObject({ header: { kind: "rotation", by: "ann@example.com", from, to }, key: from });
    configure(second);
    const again = await call(["archive", "keys", "rotate", "--new", second], { cwd: folder });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("is already the configured key") as string });
    const missing = await call(["archive", "keys", "rotate", "--new", join(folder, "nowhere.pem")], { cwd: folder });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("[key_unusable]") as string });
    expect((await call(["archive", "seal"], { cwd: folder })).code).toBe(0);
    expect(await digestsOf(new FsStore(lake), "prod")).toHaveLength(1);
    expect(await auditChain(new FsStore(lake), "prod", [pairs[0]!.publicKey])).toEqual([]);
  });
});
