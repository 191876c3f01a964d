import type { Config } from "../../config/config.ts";
import { adviceOf, describeProblem } from "../../health/conditions/health-words.ts";
import { readHealth } from "../../health/read-health.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { healthSettings } from "../../open/health-settings.ts";
import { openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";

const CHECK = "health";

/** Shows the conditions of the ledger itself, and whether alerts are sent about them. */
export async function findInHealth(config: Config, now: Date): Promise<Finding[]> {
  if (config.lake === undefined) return [];
  const lake = await openLake(config);
  const { exports, days } = await loadLedgerState(lake);
  if (exports.size === 0) return [];
  const view = { gateways: config.sources.map(({ name }) => name), exports: [...exports.values()], days: [...days.values()] };
  const conditions = await readHealth(lake, view, healthSettings(config), now);
  const findings = conditions.map((condition): Finding => {
    const finding = visibleText(`${condition.kind} ${condition.subject}: ${describeProblem(condition, condition.members)}, since ${condition.since.toISOString().slice(0, 16)}Z`);
    return { check: CHECK, state: "attention", finding, remedy: adviceOf(condition) };
  });
  const isTold = config.health.notify !== undefined;
  const told = isTold ? "health.notify gets an alert when that changes" : "nobody gets an alert when that changes: name targets in health.notify";
  return [...findings, ...(findings.length === 0 ? [{ check: CHECK, state: "ok" as const, finding: `nothing is wrong with the ledger; ${told}` }] : [])];
}
