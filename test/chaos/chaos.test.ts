import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";

// Two short runs of other victims and faults rather than one that is twice as long.
test.each(["first", "second"])("npm run chaos -- --short, the %s time: no request is lost or counted twice, and the lake is that of an undisturbed run", async () => {
  const { code, stdout, stderr } = await runChaos(SHARED_S3, ["--short"]);
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  const counted = /^kills: (\d+)\nfaults: (\d+)\nrecords: (\d+)\nlost: 0\nduplicated: 0\nseed: \d+\n$/m.exec(stdout);
  expect(counted, stdout).not.toBeNull();
  const [kills, faults, records] = counted!.slice(1).map(Number);
  expect(kills).toBeGreaterThanOrEqual(6);
  expect(faults).toBeGreaterThanOrEqual(50);
  expect(records).toBeGreaterThan(250);
  expect(stdout).toContain("objects that differ from an undisturbed run: 0\n");
}, 600_000);
