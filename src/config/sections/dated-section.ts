import { z } from "zod";

export const date = z.iso.date("a date such as 2026-10-12");

/** The time for which a setting applies: from the first moment of `from` on and before the first moment of `until`, in `timezone`. */
export const dated = {
  from: date.optional().meta({ description: "First day on which it applies.", examples: ["2026-10-15"] }),
  until: date.optional().meta({ description: "First day on which it no longer applies.", examples: ["2027-01-01"] }),
};

/** Both may be absent. Where both are given, `until` is after `from`. */
export function isInOrder({ from, until }: { from?: string | undefined; until?: string | undefined }): boolean {
  return from === undefined || until === undefined || from < until;
}

export const IN_ORDER = "until must be later than from: it is the first day on which it no longer applies";
