import { ARRAY, BYTES, FIRST_WIDTH, LAST_WIDTH, MAP, TAG, TEXT, wideArgument } from "./cbor-head.ts";

/**
 * End of the item at `at` if it is a number, a simple value or a definite string that ends before `end`; otherwise 0.
 * Most items of a record are of these types, and this function is all they need.
 */
export function endOfPlainItem(view: DataView, at: number, end: number): number {
  if (at >= end) return 0;
  const initial = view.getUint8(at);
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (major === ARRAY || major === MAP || major === TAG || info > LAST_WIDTH) return 0;
  const isString = major === TEXT || major === BYTES;
  let itemEnd = at + 1;
  if (info < FIRST_WIDTH) {
    if (isString) itemEnd += info;
  } else {
    itemEnd += 1 << (info - FIRST_WIDTH);
    if (itemEnd > end) return 0;
    if (isString) itemEnd += wideArgument(view, at + 1, info);
  }
  return itemEnd <= end ? itemEnd : 0;
}
