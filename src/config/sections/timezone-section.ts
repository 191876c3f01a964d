import { z } from "zod";

/** Offsets such as `+05:07` are left out: quarter hours cannot be cut at them, as they can at every real zone's days. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const timezone = z.string().refine(isTimeZone, "an IANA time zone such as Europe/Berlin").meta({ pattern: "^[A-Za-z]" });
