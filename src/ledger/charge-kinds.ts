/** Kinds of things that are paid for besides requests, in the order of the documentation. */
export const CHARGE_KINDS = ["seats", "commitment", "provisioned", "prepaid", "tokens", "gpu_hours", "other"] as const;
export type ChargeKind = (typeof CHARGE_KINDS)[number];

/** Kinds of charges in a month: `invoice` is a line that only a bill has. */
export type KindOfCharge = ChargeKind | "invoice";
