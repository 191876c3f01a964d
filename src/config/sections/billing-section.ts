import { z } from "zod";

/** Who pays, in the words of the column `billing`. */
export const billing = z.enum(["metered", "subscription", "caller_key", "self_hosted"]);
