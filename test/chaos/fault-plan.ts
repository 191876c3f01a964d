import type { Fault, Faults } from "../contract/s3-proxy.ts";
import type { Chance } from "./chance.ts";

/** One request in so many goes wrong while faults are on. */
const ONE_IN = 8;
const LONGEST_DELAY_MS = 1500;
const LONGEST_PIECE = 600;

export interface FaultPlan {
  decide: Faults;
  /** Faults so far. */
  count(): number;
  turnOff(): void;
}

/** Slow-downs, resets, lost and truncated and late answers, and requests delivered twice. */
export function planFaults(chance: Chance): FaultPlan {
  let count = 0;
  let isOn = true;
  const kinds: (() => Fault)[] = [
    () => ({ status: 503 }),
    () => ({ status: 500 }),
    () => ({ reset: true }),
    () => ({ lose: true }),
    () => ({ cutAfter: chance.below(LONGEST_PIECE) }),
    () => ({ delay: chance.below(LONGEST_DELAY_MS) }),
    () => ({ twice: true }),
  ];
  return {
    decide({ method }) {
      if (!isOn || chance.below(ONE_IN) > 0) return undefined;
      const fault = kinds[chance.below(kinds.length)]!();
      // An answer to HEAD has no body that could be cut.
      if (method === "HEAD" && "cutAfter" in fault) return undefined;
      count++;
      return fault;
    },
    count: () => count,
    turnOff: () => void (isOn = false),
  };
}
