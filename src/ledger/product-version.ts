import manifest from "aperture-ledger/package.json" with { type: "json" };

/** The version of aperture-ledger that is running. */
export const PRODUCT_VERSION: string = manifest.version;
