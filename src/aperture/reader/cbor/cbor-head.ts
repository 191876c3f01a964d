/** Major types of RFC 8949, section 3.1. */
export const UNSIGNED = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const TAG = 6;
export const SIMPLE = 7;
/** Additional information 31: indefinite length, or with major type 7 the break that ends it. */
export const INDEFINITE = 31;
/** Additional information of major type 7 that is null. */
export const NOTHING = 22;

/** RFC 8949, 3.4.6: this tag announces CBOR and does not change its meaning. */
export const SELF_DESCRIBED = 55799;
/** RFC 8949, 3.4.3: integers as byte strings. */
export const POSITIVE_BIGNUM = 2;
export const NEGATIVE_BIGNUM = 3;

/** Initial byte of a text without its length; lengths below 24 are its lower five bits (RFC 8949, section 3). */
export const SHORT_TEXT = 0x60;
/** An additional information below this is the argument itself; from here to 27 it gives the width of the argument. */
export const FIRST_WIDTH = 24;
export const LAST_WIDTH = 27;

/** The argument of a head whose additional information says that it is 1, 2, 4 or 8 bytes wide. Exact below 2^53. */
export function wideArgument(view: DataView, afterInitial: number, info: number): number {
  switch (info) {
    case 24:
      return view.getUint8(afterInitial);
    case 25:
      return view.getUint16(afterInitial);
    case 26:
      return view.getUint32(afterInitial);
    default:
      return view.getUint32(afterInitial) * 2 ** 32 + view.getUint32(afterInitial + 4);
  }
}
