import { gatewayConfig } from "../../simulate/gateway-config.ts";
import type { SimulationOptions } from "../../simulate/options.ts";
import { tailnetPolicy } from "../../simulate/policy.ts";
import type { Truth } from "../../simulate/truth.ts";
import { simulateExports } from "../../simulate/write-exports.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStore } from "../../storage/open-store.ts";
import { openProgress, print, printJson } from "../terminal.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";

export interface SimulateFlags {
  out: string;
  days?: number;
  records?: number;
  seed?: string;
  from?: string;
  limit?: number;
  every?: number;
  bodies?: boolean;
  json?: boolean;
}

/** Name of the gateway's configuration, written next to the exports. */
export const GATEWAY_CONFIG = "aperture-config.hujson";
/** Name of the tailnet policy, written next to them. */
export const POLICY = "policy.hujson";

/** Writes export files of an invented company, the configuration of its gateway and the policy of its tailnet. */
export async function simulate({ out, every, from, json, ...given }: SimulateFlags): Promise<number> {
  const store = await openStore({ url: out });
  const truth = await writeSimulation(store, {
    ...given,
    ...(every === undefined ? {} : { everySeconds: every }),
    ...(from === undefined ? {} : { from: parseDay(from) }),
  });
  const { files, records_written, distinct } = truth;
  if (json) printJson(truthAsJson(truth));
  else {
    print(
      `${files} exports with ${records_written} records of ${distinct.requests} requests, $${formatDollars(distinct.nanodollars)}`,
      `in ${store.url}; the gateway's configuration is ${GATEWAY_CONFIG} there, the tailnet policy ${POLICY}`,
    );
  }
  return 0;
}

function parseDay(text: string): Date {
  const day = new Date(`${text}T00:00:00Z`);
  if (!Number.isNaN(day.getTime())) return day;
  throw new LedgerError("usage", `--from ${text} is not a date`, { remedy: "for example --from 2026-10-01" });
}

export async function writeSimulation(store: ObjectStore, options: Partial<SimulationOptions>): Promise<Truth> {
  const simulation = simulateExports(options);
  const progress = await openProgress();
  try {
    progress.begin("simulating days", options.days ?? 31);
    let day = "";
    for await (const { name, bytes } of simulation.exports) {
      await store.replace(name, bytes);
      const today = new Date(Number(/\d+/.exec(name)?.[0] ?? 0) * 1000).toISOString().slice(0, 10);
      if (today !== day) progress.step();
      day = today;
    }
    await store.replace(GATEWAY_CONFIG, Buffer.from(gatewayConfig()));
    await store.replace(POLICY, Buffer.from(tailnetPolicy()));
    return simulation.truth();
  } finally {
    progress.end();
  }
}

/** Nanodollars as text: they exceed JSON's exact numbers. */
function truthAsJson(truth: Truth): unknown {
  return JSON.parse(JSON.stringify(truth, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value)));
}
