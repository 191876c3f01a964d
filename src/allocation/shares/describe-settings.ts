import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { orderPolicy, orderRule, withoutMaps } from "../settings/ordered-settings.ts";
import { listPeriods, type Period, type Span } from "../settings/periods.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { chargesOfMonth, writeChargeOfMonth } from "../charges/charges-of-month.ts";
import { ALLOCATION_VERSION } from "./allocation-version.ts";
import { trueUpsOf } from "./true-ups.ts";

/** Everything that the span's allocations depend on, except the rollups, as one text. */
export function describeSettings(settings: AllocationSettings, span: Span): string {
  const periods = listPeriods(settings, span).map(keepOrder);
  const invoices = trueUpsOf(settings, span).map(({ amounts }) => amounts.map(({ provider, model, invoice }) => [provider, model, String(invoice)]));
  const charges = chargesOfMonth(settings, span).map((charge) => withoutMaps(writeChargeOfMonth(charge)));
  // Left out where there are none, so that months without charges do not become stale.
  const besides = { ...(invoices.length === 0 ? {} : { invoices }), ...(charges.length === 0 ? {} : { charges }) };
  const inputs = canonicalize({ version: settings.version ?? ALLOCATION_VERSION, from: span.from.getTime(), to: span.to.getTime(), periods, ...besides });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}

/** Digests sort the members of objects; where the order decides who pays, a list keeps it. */
function keepOrder({ from, settings: { rules, policy, ...others } }: Period): object {
  return { from, settings: withoutMaps({ ...others, rules: rules.map(orderRule), policy: policy === null ? null : orderPolicy(policy) }) };
}
