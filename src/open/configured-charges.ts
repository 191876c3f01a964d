import type { ChargeSettings, Condition } from "../allocation/settings/settings.ts";
import type { Config } from "../config/config.ts";
import type { ChargeKind } from "../ledger/charge-kinds.ts";
import { requireDollars } from "../ledger/dollars.ts";
import type { Nanodollars } from "../ledger/money.ts";

interface KindDefaults {
  /** The billing of the usage that it is for; undefined: any. */
  billing?: string;
  covers: ChargeSettings["covers"];
  spread: "even" | "proportional";
}

/** Seats cost the same for everybody; usage-based purchases are spread by use. Purchases made in advance pay for as much usage as they cost. */
const DEFAULTS: Readonly<Record<ChargeKind, KindDefaults>> = {
  seats: { billing: "subscription", covers: "all", spread: "even" },
  commitment: { billing: "metered", covers: "amount", spread: "proportional" },
  provisioned: { billing: "metered", covers: "all", spread: "proportional" },
  prepaid: { billing: "metered", covers: "amount", spread: "proportional" },
  tokens: { billing: "metered", covers: "amount", spread: "proportional" },
  gpu_hours: { billing: "self_hosted", covers: "all", spread: "proportional" },
  other: { covers: "none", spread: "proportional" },
};

/** The configured charges, with the defaults of their kinds. */
export function configuredCharges(charges: Config["charges"]): ChargeSettings[] {
  return charges.map(({ name, kind, provider, amount, price, quantity, people, on, when, covers, spread, from, until }) => {
    const { billing, ...usual } = DEFAULTS[kind];
    const ofProvider: Condition = new Map([["provider", `=${provider}`], ...(billing === undefined ? [] : [["billing", billing] as const])]);
    return {
      name,
      kind,
      provider,
      price: readAmount(name, amount ?? price ?? ""),
      quantity: quantity !== undefined ? BigInt(Math.round(quantity * 1000)) : people === undefined ? 1000n : null,
      people: people ?? null,
      on: on ?? null,
      when: when ?? ofProvider,
      covers: covers === undefined ? usual.covers : covers === "all" || covers === "none" || covers === "amount" ? covers : readAmount(name, covers),
      spread: spread ?? usual.spread,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    };
  });
}

function readAmount(charge: string, written: string | number): Nanodollars {
  return requireDollars(String(written).replace("$", ""), {
    what: `an amount of the charge ${charge}`,
    code: "config_invalid",
    remedy: 'write dollars such as 1500 or "$499.50"',
  });
}
