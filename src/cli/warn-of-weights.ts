import type { Logger } from "pino";
import { askAboutWeights, findDoubtfulWeights, WEIGHTS_REMEDY } from "../allocation/settings/doubtful-weights.ts";

export function warnOfWeights(allocation: Parameters<typeof findDoubtfulWeights>[0], log: Logger): void {
  for (const doubtful of findDoubtfulWeights(allocation)) log.warn({ remedy: WEIGHTS_REMEDY }, askAboutWeights(doubtful));
}
