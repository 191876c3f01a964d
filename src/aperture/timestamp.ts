import { type CborValue, Tagged } from "./cbor-value.ts";

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** CBOR tags of RFC 8949, 3.4.1 and 3.4.2. */
const TAG_DATE_TIME = 0;
const TAG_EPOCH = 1;

/**
 * Microseconds since 1970 UTC of a recorded timestamp: RFC 3339 text with a zone (tag 0 or plain) or seconds since
 * 1970 (tag 1 or plain, whole or not). Finer digits are cut off, so that a time never moves into the next day.
 * Undefined for anything else.
 */
export function microsOfTimestamp(value: CborValue): number | undefined {
  if (value instanceof Tagged) {
    const type = value.tag === TAG_DATE_TIME ? "string" : value.tag === TAG_EPOCH ? "number" : undefined;
    return typeof value.value === type ? microsOfTimestamp(value.value) : undefined;
  }
  if (typeof value === "string") return microsOfText(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  // A float of seconds holds about 0.2 µs at today's dates; rounding takes its noise away.
  return Number.isInteger(value) ? value * 1e6 : Math.round(value * 1e6);
}

function microsOfText(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour = "0", zoneMinute = "0"] = match;
  const inRange =
    Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60 && Number(zoneHour) <= 23 && Number(zoneMinute) <= 59;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC lets 31 April run over into May, and a year below 100 into the 20th century.
  const date = new Date(midnight);
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) >= 100;
  if (!inRange || !exists) return undefined;

  const zoneMinutes = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  const seconds = midnight / 1000 + Number(hour) * 3600 + (Number(minute) - zoneMinutes) * 60 + Number(second);
  return seconds * 1e6 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}
