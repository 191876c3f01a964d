import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { describe, expect, test } from "vitest";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { startProxy } from "../contract/s3-proxy.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { exportFiles, sourceOf, tableDigests, temporaryFolder } from "../test-ledger.ts";
import { call, callInShell } from "./call.ts";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());
}

const RECORD = {
  id: 1,
  ver: 2,
  timestamp: "2026-10-05T12:00:00Z",
  identity: { login_name: "a@example.com", stable_node_id: "n1" },
  model: "claude-sonnet-4-6",
  usage: { input_tokens: 10, output_tokens: 5 },
  estimated_cost: { dollars: 0.5, cost_basis: "anthropic/claude-sonnet-4-6" },
  capture_id: "c1",
  status_code: 200,
};

/** An export folder with the given records, made of nothing but an encoder and zstd. */
function exportOf(records: readonly unknown[], name = "ts-aperture-export-1791500000.cbor.zstd"): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), zstdCompressSync(Buffer.concat(records.map((record) => encode(record)))));
  return folder;
}

describe("what cannot go on exits with 1, says why, and publishes nothing half", () => {
  test("a source that is not there", async () => {
    const lake = temporaryFolder();
    const { code, stderr } = await call(["run", "--source", "/nowhere/exports", "--lake", lake]);
    expect([code, filesBelow(lake)]).toEqual([1, []]);
    expect(stderr).toMatch(/file:\/\/\/nowhere\/exports cannot be listed: ENOENT.*\[listing_incomplete\]\n +\S/);
  });

  test("a source whose listing breaks off on its second page", async () => {
    const place = await freshS3(SHARED_S3);
    const body = readFileSync(join(exportOf([RECORD]), "ts-aperture-export-1791500000.cbor.zstd"));
    for (let i = 0; i < 1001; i++) {
      const Key = `${place.prefix}/ts-aperture-export-${1_791_500_000 + i}.cbor.zstd`;
      await place.client.send(new PutObjectCommand({ Bucket: place.bucket, Key, Body: body }));
    }
    const proxy = await startProxy(place.location.endpoint, ({ url }) => (url.includes("continuation-token") ? { status: 500 } : undefined));
    const lake = temporaryFolder();
    const { code, stderr } = await call(
      ["run", "--source", `${place.location.url}?endpoint=${proxy.endpoint}&region=us-east-1`, "--lake", lake],
      { env: place.env },
    );
    await proxy.close();
    expect([code, filesBelow(lake)]).toEqual([1, []]);
    expect(stderr).toMatch(/\[listing_incomplete\]\n +\S/);
  });

  test("credentials that the store refuses, without repeating them", async () => {
    const { location } = await freshS3(SHARED_S3);
    const env = { AWS_ACCESS_KEY_ID: "WRONGKEYID", AWS_SECRET_ACCESS_KEY: "wrong-secret-to-be-kept" };
    const url = `${location.url}?endpoint=${location.endpoint}&region=us-east-1`;
    const { code, stdout, stderr } = await call(["run", "--source", exportOf([RECORD]), "--lake", url], { env: { ...env, LOG_LEVEL: "trace" } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[storage_denied\]\n +.*AWS_ACCESS_KEY_ID/);
    expect(stdout + stderr).not.toContain("wrong-secret-to-be-kept");
  });

  test("a lake that cannot be written", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const { code, stderr } = await call(["run", "--source", exportOf([RECORD]), "--lake", join(folder, "file/lake")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: .*file\/lake.*\[\w+\]\n +\S/);
  });

  test("a folder for temporary files that is not there", async () => {
    const { code, stderr } = await callInShell(`TMPDIR=/nowhere/tmp $LEDGER run --source ${exportOf([RECORD])} --lake ${temporaryFolder()}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/temporary files cannot be written in \/nowhere\/tmp/);
    expect(stderr).toMatch(/point TMPDIR at a folder/);
    expect(stderr).not.toMatch(/"stack"/);
  });

  test("a run that is told to end: nothing temporary is left", async () => {
    const [temporary, source, lake] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await call(["simulate", "--out", source, "--days", "3", "--records", "3000"]);
    const { code } = await callInShell(`TMPDIR=${temporary} $LEDGER run --source ${source} --lake ${lake} & sleep 2; kill -TERM $!; wait $!`);
    expect(code).toBe(143);
    expect(readdirSync(temporary)).toEqual([]);
    expect((await call(["run", "--source", source, "--lake", lake])).code).toBe(0);
  });

  test("one export that cannot be fetched: the rest is in the ledger", async () => {
    const source = exportOf([RECORD]);
    // Listed like any other, and gone when it is to be read.
    writeFileSync(join(source, "ts-aperture-export-1791500001.cbor.zstd"), "x");
    const { code, stderr } = await callInShell(
      `rm -f ${source}/ts-aperture-export-1791500001.cbor.zstd; ln -s /proc/self/mem ${source}/ts-aperture-export-1791500001.cbor.zstd; $LEDGER run --source ${source} --lake ${source}/../$(basename ${source})-lake; code=$?; find ${source}/../$(basename ${source})-lake/usage -name '*.parquet' | wc -l >&2; rm -rf ${source}/../$(basename ${source})-lake; exit $code`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/1 of 2 exports were not ingested, ts-aperture-export-1791500001\.cbor\.zstd first/);
    expect(stderr).toMatch(/^1$/m);
  });
});

describeWithFixtures("a full disk", ["autumn"], () => {
  test("stops the run with a clear message; with room again the next one completes it", async () => {
    const lake = temporaryFolder();
    const { url: source } = await sourceOf(exportFiles("autumn").slice(0, 24));
    // Files may grow to 4 KiB: archive copies fit, landing files do not.
    const { code, stderr } = await callInShell(`ulimit -f 4; $LEDGER run --source ${source} --lake ${lake}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[exports_failed\]|\[storage_full\]/);
    expect(stderr).toMatch(/storage_full/);
    expect(filesBelow(lake).filter((name) => name.includes("_ledger/exports"))).toEqual([]);
    expect(filesBelow(lake).filter((name) => name.includes("writing"))).toEqual([]);

    expect((await call(["run", "--source", source, "--lake", lake])).code).toBe(0);
    const clean = temporaryFolder();
    await call(["run", "--source", source, "--lake", clean]);
    expect(await tableDigests(new FsStore(lake))).toEqual(await tableDigests(new FsStore(clean)));
  });
});

describe("secrets and prompts", () => {
  test("reach no log, no manifest, no table and no message", async () => {
    const secrets = ["sk-live-4711", "please summarise the merger papers", "Bearer tailnet-token"];
    const capture = {
      requestHeaders: { Authorization: ["Bearer tailnet-token"], "User-Agent": ["claude-cli/2.1"], "X-Api-Key": ["sk-live-4711"] },
      requestBody: { messages: [{ role: "user", content: "please summarise the merger papers" }] },
      rawRequestBody: Buffer.from("please summarise the merger papers"),
    };
    const bad = { ...RECORD, id: 2, capture_id: "c2", usage: { input_tokens: "please summarise the merger papers" }, capture };
    const source = exportOf([{ ...RECORD, capture }, bad]);
    await mkdir(join(source, "config"));
    const config = join(source, "config", "aperture.hujson");
    writeFileSync(config, '{"providers": {"anthropic": {"apikey": "sk-live-4711", "models": ["claude-sonnet-4-6"]}}}');
    const lake = temporaryFolder();
    const env = { LOG_LEVEL: "trace" };
    const run = await call(["run", "--source", source, "--lake", lake, "--gateway-config", config, "--json"], { env });
    const status = await call(["status", "--source", source, "--lake", lake, "--json"], { env });
    expect([run.code, status.code]).toEqual([0, 0]);

    // The archive and the quarantine keep what arrived: that is what they are for.
    const written = filesBelow(lake).filter((name) => !/^(archive|quarantine)\//.test(name));
    expect(written.length).toBeGreaterThan(4);
    const seen = [run.stdout, run.stderr, status.stdout, status.stderr, ...written.map((name) => readFileSync(join(lake, name), "latin1"))];
    for (const secret of secrets) for (const text of seen) expect(text).not.toContain(secret);
  });
});

describe("an export that was replaced at its source", () => {
  test("loses neither version, and no request twice", async () => {
    const source = exportOf([RECORD, { ...RECORD, id: 2, capture_id: "c2" }]);
    const lake = temporaryFolder();
    await call(["run", "--source", source, "--lake", lake]);
    await cp(exportOf([RECORD, { ...RECORD, id: 3, capture_id: "c3" }]), source, { recursive: true });
    const { stdout } = await call(["run", "--source", source, "--lake", lake, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ exports: { ingested: 1 }, totals: { requests: 3, cost_usd: "1.500000000" } });
    expect(filesBelow(join(lake, "archive")).filter((name) => name.endsWith(".cbor.zstd"))).toHaveLength(2);
    const again = await call(["run", "--source", source, "--lake", lake, "--json"]);
    expect(JSON.parse(again.stdout)).toMatchObject({ exports: { ingested: 0 }, days: { built: 0 } });
  });
});
