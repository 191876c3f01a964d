import { type HookWitness, witnessHooks } from "../../completeness/witness-hooks.ts";
import type { UnbroughtHour } from "../../completeness/unbrought-requests.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { estimateLive, type LiveSource, readLiveBase } from "../../limits/estimate-live.ts";
import type { LiveEstimate, NoEstimate } from "../../limits/live/live-estimate.ts";
import { estimateToJson, showEstimate } from "../../limits/live/show-estimate.ts";
import type { Ledger } from "../../open/ledger.ts";
import { firstLines } from "../first-lines.ts";
import type { LiveReading } from "../read-live.ts";

/** Live estimates of budgets, and requests that hooks reported but no export contains. */
export interface LiveStatus {
  estimates: (LiveEstimate | NoEstimate)[];
  witness: HookWitness;
}

export async function readLiveStatus(ledger: Ledger, source: LiveSource, now: Date): Promise<LiveStatus> {
  const days = [...(await loadLedgerState(ledger.stores.lake)).days.values()];
  const estimates = await estimateLive(await readLiveBase(ledger, days, now), source, now);
  return { estimates, witness: await witnessHooks(ledger.stores.lake, source.requests, days) };
}

export function liveStatusToJson(live: LiveReading<LiveStatus>): object {
  if ("unavailable" in live) return { unavailable: live.unavailable };
  const { estimates, witness: { compared, unbrought } } = live.found;
  return {
    live_estimates: estimates.map(estimateToJson),
    hooks: { compared, not_in_exports: unbrought.map(({ hour, ...of }) => ({ ...of, hour: hour.toISOString() })) },
  };
}

export function describeLiveStatus(live: LiveReading<LiveStatus>): string[] {
  if ("unavailable" in live) return [visibleText(`live         no live estimate: ${live.unavailable}`)];
  const { estimates, witness: { compared, unbrought } } = live.found;
  return [
    ...firstLines(estimates, (one) => visibleText(`live         ${one.state.name} ${one.state.period.name}: ${showEstimate(one)}`)),
    `hooks        ${String(compared)} requests that hooks reported were compared with the exports of the same hours`,
    ...firstLines(unbrought, (one) => `attention    ${showUnbrought(one)}`),
  ];
}

/** `prod 2026-10-08 14:00 UTC: 2 of 120 requests that hooks reported are in no export so far (matched by id)` */
export function showUnbrought({ instance, hour, hooks, exports, missing, by }: UnbroughtHour): string {
  const when = hour.toISOString().slice(0, 16).replace("T", " ");
  const how = by === "id" ? "matched by id" : `only counted: exports have ${String(exports)}`;
  return `${instance} ${when} UTC: ${String(missing)} of ${String(hooks)} requests that hooks reported are in no export so far (${how})`;
}
