import { readFile, stat } from "node:fs/promises";
import { LedgerError, messageOf } from "../ledger/errors.ts";

export interface FoundSecret {
  text: string;
  /** The path or the variable, for messages. */
  where: string;
}

/**
 * Reads a secret from the file that the configuration names, else from the environment: from `variable`, else from the file whose path is
 * in the variable of that name with `_FILE` appended, as docker-compose.yml passes secrets. Undefined if there is none, or if it is /dev/null.
 * Throws `key_unusable` for a file that cannot be read or is empty.
 */
export async function findSecret(file: string | undefined, variable: string, env: NodeJS.ProcessEnv = process.env): Promise<FoundSecret | undefined> {
  const named = secretFile(file, variable, env);
  if (named !== undefined) return await readSecret(named, variable);
  const text = env[variable] ?? "";
  return text === "" ? undefined : { text, where: variable };
}

/** The file that holds a secret, if a file does. See `findSecret`. */
export function secretFile(file: string | undefined, variable: string, env: NodeJS.ProcessEnv): string | undefined {
  if (file !== undefined || (env[variable] ?? "") !== "") return file;
  const named = env[`${variable}_FILE`] ?? "";
  return named === "" ? undefined : named;
}

async function readSecret(file: string, variable: string): Promise<FoundSecret | undefined> {
  let text: string;
  try {
    // Compose mounts /dev/null for a secret that is not configured.
    if ((await stat(file)).isCharacterDevice()) return undefined;
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("key_unusable", `${file} cannot be read: ${messageOf(cause)}`, { remedy: `give its path, or the secret itself in ${variable}`, cause });
  }
  if (text.trim() !== "") return { text, where: file };
  throw new LedgerError("key_unusable", `${file} is empty`, { remedy: "write the secret into it again, or leave the setting out" });
}
