import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { copyBuilt } from "../built-lakes.ts";
import { ROOT } from "../deploy/compose-file.ts";
import { runProgram } from "../deploy/processes.ts";

const TARBALL = `aperture-ledger-${manifest.version}.tgz`;
/** What `npm pack` reads of the checkout. */
export const PACKED_FROM = ["src", "jobs", "package.json", "tsconfig.json", "tsconfig.build.json", "README.md", "CHANGELOG.md", "LICENSE"] as const;
const DECIDING = ["package.json", "tsconfig.json", "tsconfig.build.json", "README.md", "CHANGELOG.md", "LICENSE"];

/** Packs the checkout as `npm pack` does, once for all tests of this code. Resolves to the path of the tarball, in `folder`. */
export async function packCheckout(folder: string): Promise<string> {
  await copyBuilt({ name: "the package", inputs: DECIDING.map((file) => readFileSync(join(ROOT, file))), build: pack }, folder);
  return join(folder, TARBALL);
}

/** Works in a copy: another process may read the checkout's own `dist`. */
async function pack(into: string): Promise<void> {
  const checkout = mkdtempSync(join(tmpdir(), "aperture-ledger-pack-"));
  try {
    for (const name of PACKED_FROM) cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
    const { code, stderr } = await runProgram("npm", ["pack", "--loglevel=error"], { cwd: checkout, timeout: 300_000 });
    if (code !== 0) throw new Error(`npm pack ended with ${String(code)}:\n${stderr}`);
    await copyFile(join(checkout, TARBALL), join(into, TARBALL));
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
}
