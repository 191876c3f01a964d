/** More different texts than a company has models, clients and callers; beyond, everything is forgotten and begun again. */
const MOST_REMEMBERED = 10_000;

/** `compute` that works each text or object out once. What it returns is shared between callers, so nobody may change it. */
export function remember<Key extends string | object = string, Result = unknown>(compute: (key: Key) => Result): (key: Key) => Result {
  const remembered = new Map<Key, { result: Result }>();
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known.result;
    const result = compute(key);
    if (remembered.size === MOST_REMEMBERED) remembered.clear();
    remembered.set(key, { result });
    return result;
  };
}
