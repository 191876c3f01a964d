import { OTHERS } from "../../ledger/names/unassigned.ts";
import type { CallerType } from "../../ledger/usage/usage-record.ts";
import type { People } from "./choose-folded.ts";
import { ADJUSTMENT } from "../report/allocation-figures.ts";

/** The values that `(others)` replaces in the rows of a team's charges. */
export interface HiddenOfTeam {
  team: string;
  /** Whether the team pays for few people. */
  isSmall: boolean;
  /** Logins of the people whom it pays for other than through a share of a pool; without such people, those it pays a share for. */
  people: People;
  callers: ReadonlySet<string>;
  /** `user` where the hidden callers include no device. */
  othersType: CallerType;
  /** By `nameModel`. */
  models: ReadonlySet<string>;
  tags: ReadonlySet<string>;
  agents: ReadonlySet<string | null>;
  /** By dimension; null: requests without the dimension. */
  values: ReadonlyMap<string, ReadonlySet<string | null>>;
  /** `YYYY-MM-DD` */
  days: ReadonlySet<string>;
}

/** What a report hides about people. */
export interface Hiding {
  smallestGroup: number;
  /** By `nameTeam`. */
  teams: ReadonlyMap<string, HiddenOfTeam>;
  /** Replaces logins by pseudonyms, wherever they are in a text. */
  hideNames: (text: string) => string;
}

export function nameModel({ provider, model }: { provider: string; model: string }): string {
  return JSON.stringify([provider, model]);
}

/** The rule of a row whose model is hidden. The rule of a true-up is named `invoice provider/model month` and would name the model. */
export function hideModelOfRule({ method, rule, provider, model }: { method: string; rule: string; provider: string; model: string }): string {
  const named = `invoice ${provider}/${model} `;
  return method === ADJUSTMENT && rule.startsWith(named) ? `invoice ${OTHERS} ${rule.slice(named.length)}` : rule;
}
