import { witnessHooks } from "../../completeness/witness-hooks.ts";
import type { Config } from "../../config/config.ts";
import { readHeaderSecret } from "../../http/header-secret.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { findHookSecret } from "../../open/hook-secret.ts";
import { openLake } from "../../open/open-stores.ts";
import { showUnbrought } from "../commands/live-status.ts";
import { readLive } from "../read-live.ts";
import type { Finding } from "./finding.ts";

const CHECK = "hooks";

/** Checks whether this machine can take hooks, and whether exports contain the requests that hooks reported. */
export async function findInHooks(config: Config, clock: Clock): Promise<Finding[]> {
  const { hooks, http } = config;
  if (hooks === undefined) return [];
  return [await checkSecret(hooks), ...(http?.port === undefined && http?.socket === undefined ? [NOT_SERVED] : []), ...(await compare(config, clock))];
}

const NOT_SERVED: Finding = {
  check: CHECK,
  state: "attention",
  finding: "neither http.port nor http.socket is set: without --port no worker takes hooks",
  remedy: "set http.port",
};

async function checkSecret(hooks: NonNullable<Config["hooks"]>): Promise<Finding> {
  try {
    const { text, where } = await findHookSecret(hooks);
    readHeaderSecret(text, where);
    return { check: CHECK, state: "ok", finding: `the secret is in ${where}` };
  } catch (error) {
    return { check: CHECK, state: "failed", finding: messageOf(error), ...(error instanceof LedgerError ? { remedy: error.remedy } : {}) };
  }
}

async function compare(config: Config, clock: Clock): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const lake = await openLake(config);
  const live = await readLive(config, lake.url, clock, async ({ requests }) => await witnessHooks(lake, requests, [...(await loadLedgerState(lake)).days.values()]));
  if (live === undefined) return [];
  if ("unavailable" in live) return [{ check: CHECK, state: "attention", finding: `there is no live estimate: ${live.unavailable}`, remedy: "start Redis; everything else goes on without it" }];
  const { compared, unbrought } = live.found;
  if (unbrought.length === 0) return [{ check: CHECK, state: "ok", finding: `${String(compared)} requests that hooks reported were compared with the exports` }];
  const remedy = "late exports may still bring them; if none does, look at the gateway's exporter (aperture-ledger status)";
  return unbrought.map((one) => ({ check: CHECK, state: "attention", finding: showUnbrought(one), remedy }));
}
