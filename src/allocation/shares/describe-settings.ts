import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { orderPolicy, orderRule, withoutMaps } from "../settings/ordered-settings.ts";
import { listPeriods, type Period, type Span } from "../settings/periods.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { ALLOCATION_VERSION } from "./allocation-version.ts";
import { trueUpsOf } from "./true-ups.ts";

/** Everything that the span's allocations depend on, except the rollups, as one text. */
export function describeSettings(settings: AllocationSettings, span: Span): string {
  const periods = listPeriods(settings, span).map(keepOrder);
  const invoices = trueUpsOf(settings, span).map(({ amounts }) => amounts.map(({ provider, model, invoice }) => [provider, model, String(invoice)]));
  // Left out where there are no true-ups, so that their absence does not make months stale.
  const inputs = canonicalize({ version: settings.version ?? ALLOCATION_VERSION, from: span.from.getTime(), to: span.to.getTime(), periods, ...(invoices.length === 0 ? {} : { invoices }) });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}

/** Digests sort the members of objects; where the order decides who pays, a list keeps it. */
function keepOrder({ from, settings: { rules, policy, ...others } }: Period): object {
  return { from, settings: withoutMaps({ ...others, rules: rules.map(orderRule), policy: policy === null ? null : orderPolicy(policy) }) };
}
