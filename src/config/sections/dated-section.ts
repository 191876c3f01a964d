import { z } from "zod";

export const date = z.iso.date("a date such as 2026-10-12");

/** When something holds: from the first moment of `from` on and before the first moment of `until`, in `timezone`. */
export const dated = {
  from: date.optional().meta({ description: "First day on which it applies.", examples: ["2026-10-15"] }),
  until: date.optional().meta({ description: "First day on which it no longer applies.", examples: ["2027-01-01"] }),
};

/** Both may be absent; where both are given there is a day between them. */
export function isInOrder({ from, until }: { from?: string | undefined; until?: string | undefined }): boolean {
  return from === undefined || until === undefined || from < until;
}

export const IN_ORDER = "until has to be later than from: it is the first day on which it no longer holds";
