/** More different texts than a company has models, clients and callers; beyond, everything is forgotten and begun again. */
const MOST_REMEMBERED = 10_000;

/** `compute` that works each text out once. What it returns is shared between callers, so nobody may change it. */
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
