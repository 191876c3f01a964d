import type { ChainStatus } from "../archive/sealing/chain-status.ts";
import { addDays, dayOf } from "../ledger/days.ts";

/** Further findings about a gateway's chain: digests with future dates, annulled ones, and foreign objects among its events. */
export function describeOddities({ instance, sealed_up_to: day, annulled, left_aside: aside }: Pick<ChainStatus, "instance" | "sealed_up_to" | "annulled" | "left_aside">, now: Date): string[] {
  const isAhead = day > addDays(dayOf(now, "UTC"), 1);
  return [
    ...(isAhead ? [`attention    ${instance} is sealed up to ${day}, a day still to come: a clock was ahead, or this one is behind; nothing more is sealed`] : []),
    ...(annulled === 0 ? [] : [`archive      ${instance}: ${String(annulled)} digests are annulled; archive verify says why`]),
    ...aside.map(({ key, problem }) => `attention    ${key} is left aside: ${problem.replaceAll(/\s+/g, " ")}`),
  ];
}
