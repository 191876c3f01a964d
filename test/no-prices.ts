import type { PriceSources } from "../src/prices/list/price-days.ts";

/** Nobody configured a price list. */
export const NO_PRICES: PriceSources = { list: [], gateways: new Map() };
