import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, inject, test } from "vitest";

test("npm run chaos -- --short: no request is lost or counted twice, and the lake is that of an undisturbed run", async () => {
  const s3 = inject("s3");
  const env = { ...process.env, TEST_S3_ENDPOINT: s3.endpoint, TEST_S3_ACCESS_KEY: s3.accessKey, TEST_S3_SECRET_KEY: s3.secretKey };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--short"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  const counted = /^kills: (\d+)\nfaults: (\d+)\nrecords: (\d+)\nlost: 0\nduplicated: 0\nseed: \d+\n$/m.exec(stdout);
  expect(counted, stdout).not.toBeNull();
  const [kills, faults, records] = counted!.slice(1).map(Number);
  expect(kills).toBeGreaterThanOrEqual(12);
  expect(faults).toBeGreaterThanOrEqual(100);
  expect(records).toBeGreaterThan(500);
  expect(stdout).toContain("objects that differ from an undisturbed run: 0\n");
}, 600_000);
