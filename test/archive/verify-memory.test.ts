import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test-ledger.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { FIRST } from "./verifying.ts";

const VERIFY = join(import.meta.dirname, "verify-in-child.ts");
const MIB = 1 << 20;

async function verifyInChild(root: string, sealed: SealedArchive): Promise<{ findings: number; hashed: number; residentMiB: number }> {
  const key = join(temporaryFolder(), "key");
  writeFileSync(key, sealed.key.publicKey);
  const last = sealed.heads.get("prod")?.link.date ?? FIRST;
  const { stdout } = await promisify(execFile)(process.execPath, [VERIFY, root, key, `${last}T23:30:00Z`]);
  return JSON.parse(stdout) as { findings: number; hashed: number; residentMiB: number };
}

test("verifying 10,000 objects, some of them large, takes less than 300 MB", async () => {
  const root = temporaryFolder();
  const sealed = new SealedArchive(intoFolder(root));
  await sealed.addDays(FIRST, 100, ["prod"], 100);
  for (let index = 0; index < 4; index++) await sealed.addExport("prod", "2026-12-10", `large-${String(index)}`, { bytes: Buffer.alloc(48 * MIB, index) });
  await sealed.seal("2026-12-10", ["prod"]);
  const verified = await verifyInChild(root, sealed);
  expect(verified).toMatchObject({ findings: 0, hashed: 10_004 });
  expect(verified.residentMiB).toBeLessThan(300);
});
