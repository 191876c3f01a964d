import { splitByLargestRemainder } from "../../ledger/money.ts";
import { billedOf, type FocusCharge, type ChargePrice, type OwnedUsage, type PricedPart } from "./charge.ts";
import { METERS } from "./meters.ts";

const MICRO = 1_000_000n;
/** A nanodollar in units of 1e-12 dollars. */
const PICO_PER_NANO = 1000n;

/**
 * Splits the priced parts of the usage of one key on one day over its owners. The charges of an owner add up to the owner's cost, and those
 * of a part to the part: each owner in turn takes from what is left of the parts.
 * @param owned must have the same total cost as `parts`
 */
export function splitCharges(owned: readonly OwnedUsage[], parts: readonly PricedPart[], day: { from: Date; to: Date }): FocusCharge[] {
  const left = parts.map(({ cost }) => cost);
  const shares = owned.map(({ owner, share }) => ({ name: JSON.stringify([owner.team, owner.tag, owner.method, owner.rule]), weight: share }));
  const quantities = parts.map(({ quantity }) => splitByLargestRemainder(quantity * MICRO, shares));
  return owned.flatMap(({ owner, cost }, place) => {
    const costs = splitByLargestRemainder(cost, parts.map((part, index) => ({ name: nameOf(part), weight: left[index] ?? 0n })));
    return parts.flatMap((part, index): FocusCharge[] => {
      const [own = 0n, quantity = 0n] = [costs[index], quantities[index]?.[place]];
      left[index] = (left[index] ?? 0n) - own;
      if (own === 0n && quantity === 0n) return [];
      const price = priceOf(part, quantity, own);
      const { name } = METERS[part.meter];
      return [
        {
          ...day,
          owner,
          agent: part.agent,
          category: "Usage",
          costSource: part.costSource,
          description: `${owner.provider}/${owner.model}: ${name}`,
          billed: billedOf(owner, own),
          list: price.unitPrice * price.pricingQuantity,
          price,
          correction: null,
        },
      ];
    });
  });
}

function priceOf({ meter, priceVersion, unitPrice }: PricedPart, quantity: bigint, cost: bigint): ChargePrice {
  // A millionth of a token is 1e-12 of a million tokens. An estimate is counted in dollars.
  const pricingQuantity = meter === "estimate" ? cost * PICO_PER_NANO : quantity;
  return { meter, priceVersion, unitPrice, pricingQuantity, consumedQuantity: quantity };
}

function nameOf({ agent, costSource, meter, priceVersion }: PricedPart): string {
  return JSON.stringify([agent, costSource, meter, priceVersion]);
}
