import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { findExposedKeys, sayExposed } from "../open/exposed-keys.ts";

export async function warnOfExposedKeys(config: Pick<Config, "archive" | "privacy">, log: Logger): Promise<void> {
  for (const exposed of await findExposedKeys(config)) {
    const { finding, remedy } = sayExposed(exposed);
    log.warn({ remedy }, finding);
  }
}
