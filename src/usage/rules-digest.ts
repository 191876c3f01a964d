import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { NORMALISER_VERSION, type NormalisingRules } from "./normalise.ts";

/** Changes whenever the same export would be normalised to other usage records. */
export function digestRules({ instance, gateway, dimensions }: NormalisingRules): string {
  const inputs = canonicalize({ version: NORMALISER_VERSION, instance, gateway, dimensions });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}
