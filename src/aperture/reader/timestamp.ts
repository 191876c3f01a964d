import { type CborValue, Tagged } from "./cbor/cbor-value.ts";

/** CBOR tags of RFC 8949, 3.4.1 and 3.4.2. */
const TAG_DATE_TIME = 0;
const TAG_EPOCH = 1;

/**
 * Microseconds since 1970 UTC of a recorded timestamp: RFC 3339 text with a zone (tag 0 or plain) or seconds since
 * 1970 (tag 1 or plain, possibly fractional). Further digits are cut off, so that a time never moves into the next day.
 * Undefined for anything else.
 */
export function microsOfTimestamp(value: CborValue): number | undefined {
  if (value instanceof Tagged) {
    const type = value.tag === TAG_DATE_TIME ? "string" : value.tag === TAG_EPOCH ? "number" : undefined;
    return typeof value.value === type ? microsOfTimestamp(value.value) : undefined;
  }
  if (typeof value === "string") return microsOfText(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  // A float of seconds has a precision of about 0.2 µs today; rounding removes the noise.
  return Number.isInteger(value) ? value * 1e6 : Math.round(value * 1e6);
}

/** `2026-10-01T08:12:33`, an optional fraction, and a zone. Parsed by hand: a regular expression takes five times as long. */
function microsOfText(text: string): number | undefined {
  const separated =
    text[4] === "-" && text[7] === "-" && (text[10] === "T" || text[10] === "t") && text[13] === ":" && text[16] === ":";
  const day = dayOf(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if (!separated || Number.isNaN(day) || !(hour <= 23 && minute <= 59 && second <= 60)) return undefined;

  const fractionEnd = text[19] === "." ? endOfDigits(text, 20) : 19;
  if (fractionEnd === 20) return undefined;
  const kept = Math.max(0, Math.min(fractionEnd - 20, 6));
  const micros = kept === 0 ? 0 : digits(text, 20, kept) * 10 ** (6 - kept);
  const zoneMinutes = zoneOf(text, fractionEnd);
  if (zoneMinutes === undefined) return undefined;
  return (day / 1000 + hour * 3600 + (minute - zoneMinutes) * 60 + second) * 1e6 + micros;
}

/** The last parsed day, as one number of its digits: records are in order of time. */
let lastDay = { digits: NaN, midnight: NaN };

/** Beginning of a day in milliseconds since 1970; NaN for a day that does not exist. */
function dayOf(year: number, month: number, day: number): number {
  const written = (year * 100 + month) * 100 + day;
  if (written !== lastDay.digits) lastDay = { digits: written, midnight: midnightOf(year, month, day) };
  return lastDay.midnight;
}

function midnightOf(year: number, month: number, day: number): number {
  const midnight = Date.UTC(year, month - 1, day);
  // Date.UTC turns 31 April into 1 May, and a year below 100 into one of the 20th century.
  if (day <= 28 && day >= 1 && month >= 1 && month <= 12 && year >= 100) return midnight;
  const date = new Date(midnight);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 100 ? midnight : NaN;
}

/** Minutes east of UTC of the zone at `at`; undefined where the text there is not a zone. */
function zoneOf(text: string, at: number): number | undefined {
  const sign = text[at];
  if (sign === "Z" || sign === "z") return text.length === at + 1 ? 0 : undefined;
  if ((sign !== "+" && sign !== "-") || text.length !== at + 6 || text[at + 3] !== ":") return undefined;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return undefined;
  return (hours * 60 + minutes) * (sign === "-" ? -1 : 1);
}

const ZERO = 0x30;

/** The number in the given decimal digits; NaN when one of them is not a digit. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= ZERO + 9) at++;
  return at;
}
