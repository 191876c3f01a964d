import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type Objects, packObjects } from "../packed-objects.ts";
import { EXPECTED, LEDGER, ledgerIn, remake, reportAndContinue } from "./outcomes.ts";
import { makeGolden } from "./steps.ts";

/** `npm run golden`: makes what is not there, and never touches what is. See README.md beside it. */
async function make(file: string, content: (folder: string) => Promise<Objects>): Promise<boolean> {
  const name = relative(process.cwd(), file);
  if (existsSync(file)) {
    process.stdout.write(`kept ${name}: it is a promise to ledgers that exist, and is not made again\n`);
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-golden-"));
  try {
    const objects = await content(folder);
    writeFileSync(file, packObjects(objects), { flag: "wx" });
    process.stdout.write(`wrote ${name}: ${String(objects.size)} objects, ${String(statSync(file).size)} bytes\n`);
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isLedgerNew = await make(LEDGER, async (folder) => {
  await makeGolden(folder);
  return ledgerIn(folder);
});
const areExpectationsNew = await make(EXPECTED, async (folder) => new Map([...(await remake(join(folder, "made"))), ...(await reportAndContinue(join(folder, "continued")))]));
if (!isLedgerNew && !areExpectationsNew) process.exitCode = 1;
