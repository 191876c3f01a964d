import { formatBillionths, formatDollars } from "../../ledger/money.ts";
import type { Condition, Weights } from "../settings/settings.ts";
import type { RuleVersion } from "./team-explanation.ts";

/** A rule, pool, adjustment or charge in words, with its dates: `from 2026-10-15: 10 % less where team is web`. */
export function describeVersion(version: RuleVersion): string {
  const { from, until } = version;
  const dates = [...(from === undefined ? [] : [`from ${from}`]), ...(until === undefined ? [] : [`until ${until}`])].join(" ");
  return `${dates === "" ? "without dates" : dates}: ${outcomeOf(version)}, ${conditionOf(version.setting.when)}`;
}

function outcomeOf({ setting }: RuleVersion): string {
  if ("price" in setting) return `${setting.kind.replace("_", " ")} of ${setting.provider}, $${formatDollars(setting.price)} ${setting.quantity === null ? "for each person" : `× ${formatThousandths(setting.quantity)}`}`;
  if ("percent" in setting) return `${String(setting.percent)} %`;
  if ("spread" in setting) return `spread ${spreadOf(setting.spread)}${setting.over === undefined ? "" : ` over ${setting.over.join(", ")}`}`;
  const { team, by, teams, primary, split } = setting;
  if (team !== undefined) return `${team} pays`;
  if (by !== undefined) return `by ${by}: ${[...(teams ?? [])].map(([value, payer]) => `${payer} pays ${value}`).join(", ")}`;
  if (primary !== undefined) return `the first of the caller's teams pays${primary === true ? "" : `, in the order ${primary.join(", ")}`}`;
  if (split !== undefined) return split === "even" ? "split evenly over the caller's teams" : `split by weights: ${weightsOf(split)}`;
  return "nobody pays";
}

/** `1500n` → `1.5` */
function formatThousandths(count: bigint): string {
  return formatBillionths(count * 1_000_000n);
}

function spreadOf(spread: "even" | "proportional" | Weights): string {
  if (spread === "even") return "evenly";
  return spread === "proportional" ? "by direct cost" : `by weights: ${weightsOf(spread)}`;
}

function weightsOf(weights: Weights): string {
  return [...weights].map(([team, weight]) => `${team} ${String(weight)}`).join(", ");
}

function conditionOf(when: Condition): string {
  if (when.size === 0) return "for all usage";
  return `where ${[...when].map(([name, wanted]) => (wanted === null ? `there is no ${name}` : `${name} is ${[wanted].flat().join(" or ")}`)).join(" and ")}`;
}
