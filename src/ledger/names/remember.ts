/** More than the different models, clients and callers of a company; beyond this, the cache starts over. */
const MOST_REMEMBERED = 10_000;

/** Caches `compute` by text. Its results are shared, so they must not be changed. */
export function remember<Result>(compute: (text: string) => Result): (text: string) => Result {
  const remembered = new Map<string, { result: Result }>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known.result;
    const result = compute(text);
    if (remembered.size === MOST_REMEMBERED) remembered.clear();
    remembered.set(text, { result });
    return result;
  };
}
