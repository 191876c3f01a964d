import { z } from "zod";

/** Who pays, as the column `billing` says it. */
export const billing = z.enum(["metered", "subscription", "caller_key", "self_hosted"]);
