import { createHash } from "node:crypto";
import type { OpenCondition } from "../../lake/records/open-condition.ts";
import type { Alert } from "../../limits/alerts/alert.ts";
import { type Condition, toSeconds } from "../conditions/condition.ts";
import { adviceOf, describeProblem, detailsOf, HEALTH_WORDS } from "../conditions/health-words.ts";

/** The threshold of the alert that says that a condition is over. */
export const CLEARED = "cleared";

/** Shared by all alerts about a condition. */
export function limitOf({ kind, subject }: Pick<Condition, "kind" | "subject">): string {
  return `${kind} ${subject}`;
}

/** The period of a condition's alerts. @param episode a number from 1, since a condition may begin again at the same time according to the data. */
export function periodOf({ since }: Pick<Condition, "since">, episode: number): string {
  return `${toSeconds(since)}${episode === 1 ? "" : `.${String(episode)}`}`;
}

/** An alert about a condition and its members that were not reported yet. */
export function raisedAlert(condition: Condition, fresh: readonly string[], period: string, targets: readonly string[]): Alert {
  const { kind, subject, since, members } = condition;
  const others = members.length - fresh.length;
  return {
    kind,
    limit: limitOf(condition),
    period,
    threshold: fresh.length === 0 ? "raised" : `raised-${createHash("sha256").update(JSON.stringify(fresh)).digest("hex").slice(0, 12)}`,
    title: `${subject}: ${describeProblem(condition, fresh)}`,
    lines: [
      `Since ${toSeconds(since)}.`,
      ...detailsOf(condition),
      ...(others === 0 ? [] : [`${String(members.length)} in all; ${String(others)} of them were reported before.`]),
      `What to do: ${adviceOf(condition)}.`,
      "Where to look: aperture-ledger status",
    ],
    targets,
    figures: { ...condition.figures, state: "raised", subject, since: toSeconds(since) },
  };
}

/** The alert that says that a condition is over. */
export function clearedAlert({ kind, subject, since, period, told_at: toldAt }: OpenCondition, targets: readonly string[]): Alert {
  const begun = toSeconds(new Date(since));
  return {
    kind,
    limit: limitOf({ kind, subject }),
    period,
    threshold: CLEARED,
    title: `${subject}: over: ${HEALTH_WORDS[kind].over}`,
    lines: [`It began at ${begun} and was first reported at ${toSeconds(new Date(toldAt))}.`, "Nothing has to be done."],
    targets,
    figures: { state: CLEARED, subject, since: begun },
  };
}
