import { stat } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import { ERASURE_KEY, PRIVACY_KEY, SIGNING_KEY } from "./archive-settings.ts";
import { secretFile } from "./find-secret.ts";
import { isInKms } from "./kms-place.ts";

const BY_OTHERS = 0o044;

/** A file with a secret that other accounts of the machine can read. */
export interface ExposedKey {
  file: string;
  /** The permissions in octal, such as `0644`. */
  mode: string;
}

/**
 * Files with the configured keys that their owner lets others read. Only files of this process's own account: where a secret is mounted for it, as Kubernetes
 * does with a group, it depends on the permissions that others have.
 */
export async function findExposedKeys({ archive, privacy }: Pick<Config, "archive" | "privacy">, env: NodeJS.ProcessEnv = process.env): Promise<ExposedKey[]> {
  const files = [secretFile(archive.signing_key, SIGNING_KEY, env), secretFile(archive.erasure_key, ERASURE_KEY, env), secretFile(privacy.key, PRIVACY_KEY, env)];
  const exposed: ExposedKey[] = [];
  for (const file of new Set(files)) {
    if (file === undefined || isInKms(file)) continue;
    const mode = await exposedMode(file);
    if (mode !== undefined) exposed.push({ file, mode });
  }
  return exposed;
}

export function sayExposed({ file, mode }: ExposedKey): { finding: string; remedy: string } {
  return { finding: `${file} can be read by other accounts of this machine (${mode})`, remedy: `chmod 600 ${file}` };
}

/** Undefined for a file that cannot be looked at: opening it says why. */
async function exposedMode(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.uid !== process.getuid?.() || (found.mode & BY_OTHERS) === 0) return undefined;
  return (found.mode & 0o777).toString(8).padStart(4, "0");
}
