import { z } from "zod";

/** Calendar months and years. */
export const duration = z.string().regex(/^[1-9]\d{0,4} (?:day|month|year)s?$/, "a time such as 90 days, 18 months or 7 years");
