import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LedgerError } from "../../ledger/errors.ts";

/** The user's folder for configuration, which is in no checkout. */
export function defaultKeyFolder(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_CONFIG_HOME"] ?? "";
  return join(base === "" ? join(homedir(), ".config") : base, "aperture-ledger");
}

/** Throws `usage` where a private key would be written into a git checkout, with which it could be committed. */
export function refuseCheckout(folder: string, env: NodeJS.ProcessEnv): void {
  const checkout = checkoutAround(resolve(folder));
  if (checkout === undefined) return;
  throw new LedgerError("usage", `${folder} is in the git checkout ${checkout}: a private key there may be committed and pushed`, {
    remedy: `choose a folder outside of it with --out, such as ${defaultKeyFolder(env)}, or say --in-checkout if git ignores the folder`,
  });
}

function checkoutAround(folder: string): string | undefined {
  // In a worktree and a submodule .git is a file.
  if (existsSync(join(folder, ".git"))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : checkoutAround(parent);
}
