import type { HealthKind } from "../../ledger/alert-kinds.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import type { Condition } from "./condition.ts";

interface Words {
  /** The description of the condition for one member and for several members. For a kind without members both are the same. */
  problem: readonly [one: string, several: string];
  /** What to do about it. */
  remedy: string;
  /** A sentence that is true once the condition is over. */
  over: string;
}

/** The words of each kind, for alerts, `status` and `doctor`. */
export const HEALTH_WORDS: Readonly<Record<HealthKind, Words>> = {
  exports_silent: {
    problem: ["no exports arrive", "no exports arrive"],
    remedy: "see whether the gateway runs, whether its exporter may write to its bucket, and whether the ledger may list it: aperture-ledger doctor tries that",
    over: "exports arrive again",
  },
  backlog: {
    problem: ["the exporter falls behind", "the exporter falls behind"],
    remedy: "raise `limit` or shorten `every` in the gateway's exporter settings",
    over: "the exporter keeps up again",
  },
  gap_open: {
    problem: ["gap in the record ids is open", "gaps in the record ids are open"],
    remedy: "look for further exports in the exporter's bucket; what the gateway removed before exporting it is lost, unless `require_export` keeps it",
    over: "no gap in the record ids is open",
  },
  damaged: {
    problem: ["export is damaged", "exports are damaged"],
    remedy: "compare it with the object at its source, and let the gateway write it again: the next run replaces it; records after the damage are in no total",
    over: "no export is damaged",
  },
  quarantined: {
    problem: ["export has records that were turned away", "exports have records that were turned away"],
    remedy: "read the reasons in aperture-ledger status and the records in their quarantine files; they are in no total",
    over: "no record is in quarantine",
  },
  unpriced: {
    problem: ["model has no price", "models have no price"],
    remedy: "add it to prices: in the configuration; aperture-ledger prices check shows what is missing",
    over: "every request of the last 31 days has a price",
  },
  new_field: {
    problem: ["field of the records is new to this version", "fields of the records are new to this version"],
    remedy: "check whether a newer version of aperture-ledger reads the field: no table has it until then; requests with a new count of tokens stay unpriced",
    over: "no field is unknown",
  },
  no_capture: {
    problem: ["requests come without a capture", "requests come without a capture"],
    remedy: "let the gateway keep captures until they are exported (`require_export`): without them agents, dimensions and who paid are unknown; health.ignore: [no_capture] where that is wanted",
    over: "requests come with captures again",
  },
  verify_failed: {
    problem: ["object of the archive failed verification", "objects of the archive failed verification"],
    remedy: "call aperture-ledger archive verify and keep its report; restore what was altered from a backup",
    over: "verification finds nothing wrong",
  },
  quota_drift: {
    problem: ["bucket differs from its replay", "buckets differ from their replays"],
    remedy: "compare the gateway's quotas with aperture-ledger limits quotas: requests may be missing, or prices differ from the gateway's",
    over: "the buckets are as replayed",
  },
};

const SHOWN = 5;

/** One line: what is wrong, with the first of these members. */
export function describeProblem({ kind, facts }: Pick<Condition, "kind" | "facts">, members: readonly string[]): string {
  const [one, several] = HEALTH_WORDS[kind].problem;
  if (members.length === 0) return facts[0] === undefined ? one : `${one}: ${facts[0]}`;
  return `${String(members.length)} ${members.length === 1 ? one : several}: ${listSome(members, SHOWN)}`;
}

/** What to do. */
export function adviceOf({ kind, remedy }: Pick<Condition, "kind" | "remedy">): string {
  return remedy ?? HEALTH_WORDS[kind].remedy;
}

const MOST_DETAILS = 20;

/** The further lines of a message, no more than people read. */
export function detailsOf({ members, facts }: Pick<Condition, "members" | "facts">): readonly string[] {
  const details = members.length === 0 ? facts.slice(1) : facts;
  const left = details.length - MOST_DETAILS;
  return left > 0 ? [...details.slice(0, MOST_DETAILS), `and ${String(left)} more`] : details;
}
