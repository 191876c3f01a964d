import { setTimeout as delay } from "node:timers/promises";
import pMap from "p-map";
import { readHeaderSecret } from "../../http/header-secret.ts";
import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { HOOK_SECRET } from "../../open/hook-secret.ts";
import { hookCalls } from "../../simulate/hook-calls.ts";
import { type SimulationOptions, simulationOptions } from "../../simulate/options.ts";
import { inventRecords } from "../../simulate/write-exports.ts";

export interface HookSending {
  url: string;
  /** Most calls per second; undefined: as many as the receiver accepts. */
  perSecond: number | undefined;
}

export interface SentHooks {
  requests: number;
  calls: number;
}

const AT_ONCE = 32;
const TIMEOUT_MS = 10_000;

/** Sends the hooks of the simulated requests, all three events. Throws `usage` at the first call that the receiver does not accept. */
export async function sendHooks(options: Partial<SimulationOptions>, { url, perSecond }: HookSending, env: NodeJS.ProcessEnv = process.env): Promise<SentHooks> {
  checkUrl(url);
  const secret = env[HOOK_SECRET]?.trim() ?? "";
  if (secret === "") throw new LedgerError("usage", "--hooks is given without the secret of the receiver", { remedy: `set ${HOOK_SECRET} to it` });
  // Here, since an error of the request would quote a secret that no header can carry.
  readHeaderSecret(secret, HOOK_SECRET);
  const headers = { "authorization": `Bearer ${secret}`, "content-type": "application/json" };
  const start = performance.now();
  const sent = { requests: 0, calls: 0 };
  await pMap(
    callsOf(options, sent),
    async (body) => {
      const due = perSecond === undefined ? 0 : start + (sent.calls / perSecond) * 1000 - performance.now();
      sent.calls++;
      if (due > 0) await delay(due);
      await post(url, headers, body);
    },
    { concurrency: AT_ONCE },
  );
  return sent;
}

function* callsOf(options: Partial<SimulationOptions>, sent: SentHooks): Generator<string> {
  for (const record of inventRecords(simulationOptions(options))) {
    sent.requests++;
    for (const { body } of hookCalls(record)) yield body;
  }
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers, body, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => {
    throw notTaken(url, messageOf(cause), cause);
  });
  await answer.body?.cancel();
  if (!answer.ok) throw notTaken(url, `it answered ${String(answer.status)}`);
}

function checkUrl(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new LedgerError("usage", `--hooks ${JSON.stringify(url)} is not a url`, { remedy: "for example --hooks http://127.0.0.1:8080/hooks/aperture" });
}

function notTaken(url: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError("usage", `${showUrl(url)} did not accept a hook: ${why}`, { remedy: "give the url of a running worker, with ?gateway=NAME where it has several sources", cause });
}
