import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";

test("npm run chaos -- --tiny --cluster --weak-etags --clock-jumps: nothing is lost or counted twice, and the lake is that of an undisturbed run", async () => {
  const { code, stdout, stderr } = await runChaos(SHARED_S3, ["--tiny", "--cluster", "--weak-etags", "--clock-jumps"]);
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^redis restarts: [2-9]\nobjects that differ from an undisturbed run: 0\nkills: 4\nfaults: \d+\nrecords: \d+\nlost: 0\nduplicated: 0\n/);
}, 600_000);
