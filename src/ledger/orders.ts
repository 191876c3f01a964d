/** For `sort`: smallest first, texts by their UTF-16 code units. */
export function ascending<Value extends string | bigint | number>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For `sort`: largest first. */
export function descending<Value extends string | bigint | number>(a: Value, b: Value): number {
  return ascending(b, a);
}
