import type { Verification } from "../archive/verifier/verification.ts";
import { loadOpenConditions } from "../lake/records/open-condition.ts";
import type { SentAlerts } from "../limits/delivering/send-alerts.ts";
import type { Ledger } from "../open/ledger.ts";
import { ARCHIVE_SUBJECT, type Condition } from "./conditions/condition.ts";
import { tellConditions } from "./telling/tell-conditions.ts";

/** Further objects are only counted. */
const MOST_MEMBERS = 500;

/**
 * Sends an alert when a verification fails, and when the failure is over. A verification of a sample or of one gateway never ends a failure, since it
 * may have left out the failed part.
 * @param isWhole whether it read everything.
 */
export async function noteVerification(ledger: Pick<Ledger, "stores" | "rules" | "telling">, { checkedAt, findings }: Pick<Verification, "checkedAt" | "findings">, isWhole: boolean, now: Date): Promise<SentAlerts> {
  const open = (await loadOpenConditions(ledger.stores.lake)).find(({ kind, subject }) => kind === "verify_failed" && subject === ARCHIVE_SUBJECT);
  const before = isWhole ? [] : (open?.members ?? []);
  const members = [...new Set([...before, ...findings.map(({ code, key }) => `${code} ${key}`)])].sort().slice(0, MOST_MEMBERS);
  const condition: Condition = { kind: "verify_failed", subject: ARCHIVE_SUBJECT, since: new Date(open?.since ?? checkedAt), members, facts: [`${String(findings.length)} findings at ${checkedAt}`], figures: { findings: findings.length } };
  const found = members.length === 0 ? [] : [condition];
  return await tellConditions(ledger, { found, wasLookedFor: (kind, subject) => isWhole && kind === "verify_failed" && subject === ARCHIVE_SUBJECT }, now);
}
