import { join } from "node:path";
import { gatewayConfig } from "../../simulate/gateway-config.ts";
import { type SimulationOptions, simulationOptions } from "../../simulate/options.ts";
import { tailnetPolicy } from "../../simulate/policy.ts";
import type { Truth } from "../../simulate/truth.ts";
import { type SimulatedExport, simulateExports } from "../../simulate/write-exports.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStore } from "../../storage/open-store.ts";
import type { SentHooks } from "./send-hooks.ts";
import { sayNext } from "../next-commands.ts";
import { openProgress, print, printJson } from "../terminal.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { showMoney } from "../shown-money.ts";

export interface SimulateFlags {
  out: string;
  days?: number;
  records?: number;
  seed?: string;
  from?: string;
  limit?: number;
  every?: number;
  bodies?: boolean;
  hooks?: string;
  hooksPerSecond?: number;
  json?: boolean;
}

/** Name of the gateway's configuration, written next to the exports. */
export const GATEWAY_CONFIG = "aperture-config.hujson";
/** Name of the tailnet policy, written next to them. */
export const POLICY = "policy.hujson";

/** Writes export files of an invented company, the configuration of its gateway and the policy of its tailnet. */
export async function simulate({ out, every, from, json, hooks, hooksPerSecond: perSecond, ...given }: SimulateFlags): Promise<number> {
  const store = await openStore({ url: out });
  const options = { ...given, ...(every === undefined ? {} : { everySeconds: every }), ...(from === undefined ? {} : { from: parseDay(from) }) };
  const { truth } = await writeSimulation(store, options);
  const sent = hooks === undefined ? undefined : await (await import("./send-hooks.ts")).sendHooks(options, { url: hooks, perSecond });
  const { files, records_written, distinct } = truth;
  if (json) printJson(withTextForMoney({ ...truth, ...(sent === undefined ? {} : { hooks: sent }) }));
  else {
    print(
      `${files} exports with ${records_written} records of ${distinct.requests} requests, ${showMoney(distinct.nanodollars)}`,
      `in ${store.url}; the gateway's configuration is ${GATEWAY_CONFIG} there, the tailnet policy ${POLICY}`,
      ...(sent === undefined ? [] : [`${String(sent.calls)} calls of hooks for ${String(sent.requests)} requests were sent`]),
    );
    sayNext({ after: "simulate", out, gatewayConfig: join(out, GATEWAY_CONFIG) }, {});
  }
  return 0;
}

function parseDay(text: string): Date {
  const day = new Date(`${text}T00:00:00Z`);
  if (!Number.isNaN(day.getTime())) return day;
  throw new LedgerError("usage", `--from ${text} is not a date`, { remedy: "for example --from 2026-10-01" });
}

/** Writes what a simulated gateway writes, except the exports that `isHeldBack` selects, which it returns. */
export async function writeSimulation(store: ObjectStore, options: Partial<SimulationOptions>, isHeldBack: (name: string) => boolean = () => false): Promise<{ truth: Truth; heldBack: SimulatedExport[] }> {
  const heldBack: SimulatedExport[] = [];
  const simulation = simulateExports(options);
  const progress = await openProgress();
  try {
    progress.begin("simulating days", options.days ?? 31);
    let day = "";
    for await (const made of simulation.exports) {
      if (isHeldBack(made.name)) heldBack.push(made);
      else await store.replace(made.name, made.bytes);
      const today = dayOfExport(made.name);
      if (today !== day) progress.step();
      day = today;
    }
    await store.replace(GATEWAY_CONFIG, Buffer.from(gatewayConfig(simulationOptions(options))));
    await store.replace(POLICY, Buffer.from(tailnetPolicy()));
    return { truth: simulation.truth(), heldBack };
  } finally {
    progress.end();
  }
}

function dayOfExport(name: string): string {
  return new Date(Number(/\d+/.exec(name)?.[0] ?? 0) * 1000).toISOString().slice(0, 10);
}

/** Nanodollars as text: they exceed JSON's exact numbers. */
function withTextForMoney(written: Truth & { hooks?: SentHooks }): unknown {
  return JSON.parse(JSON.stringify(written, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value)));
}
