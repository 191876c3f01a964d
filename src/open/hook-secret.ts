import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { findSecret, type FoundSecret } from "./find-secret.ts";

export const HOOK_SECRET = "APERTURE_LEDGER_HOOK_SECRET";

/** The secret of the gateway's hooks. Throws `config_invalid` where none is given: anybody could call them. */
export async function findHookSecret(hooks: NonNullable<Config["hooks"]>, env?: NodeJS.ProcessEnv): Promise<FoundSecret> {
  const found = await findSecret(hooks.secret_file, HOOK_SECRET, env);
  if (found !== undefined) return found;
  throw new LedgerError("config_invalid", "hooks is set, but there is no secret that shows who calls", {
    remedy: `give at least 32 random letters and digits in ${HOOK_SECRET} or in the file hooks.secret_file, and the same as apikey in the gateway's configuration`,
  });
}
