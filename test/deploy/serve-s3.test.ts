import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../services/service-processes.ts";
import { ROOT } from "./compose-file.ts";
import { descendants, isAlive, runProgram, until } from "./processes.ts";

const SCRIPT = join(ROOT, "test/services/serve-s3.ts");
const KEYS = { accessKeyId: "demonstration", secretAccessKey: "not-a-secret" };
const KEY_FLAGS = ["--access-key", KEYS.accessKeyId, "--secret-key", KEYS.secretAccessKey];

describe("serve-s3", () => {
  let TMPDIR: string;
  beforeAll(() => void (TMPDIR = mkdtempSync(join(tmpdir(), "aperture-ledger-serve-s3-"))));
  afterAll(() => rmSync(TMPDIR, { recursive: true, force: true }));

  test("serves the buckets it is told until it is told to end, and leaves nothing behind", async () => {
    const [port = 0] = await freePorts(1);
    const args = [SCRIPT, "--port", String(port), ...KEY_FLAGS, "--bucket", "one", "--bucket", "another"];
    const server = spawn(process.execPath, args, { env: { ...process.env, TMPDIR }, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));
    let processes: number[] = [];
    try {
      const endpoint = await new Promise<string>((resolve, reject) => {
        createInterface(server.stdout).once("line", resolve).once("close", () => reject(new Error("it ended without a line")));
      });
      expect(endpoint).toBe(`http://127.0.0.1:${port}`);

      const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: KEYS });
      const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
      client.destroy();
      expect(Buckets.map(({ Name }) => Name).sort()).toEqual(["another", "one"]);

      processes = descendants(server.pid ?? 0);
      expect(processes.length).toBeGreaterThanOrEqual(3);
    } finally {
      server.kill("SIGTERM");
    }
    expect(await ended).toBe(0);
    await until("its processes are gone", () => !processes.some(isAlive), 10);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  test("says how to call it when it is called wrongly", async () => {
    for (const args of [[], ["--port", "9000"], ["--port", "much", ...KEY_FLAGS], ["--port", "9000", ...KEY_FLAGS, "--what"]]) {
      const { code, stdout, stderr } = await runProgram(process.execPath, [SCRIPT, ...args]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("usage: node test/services/serve-s3.ts");
    }
  });
});
