/** Properties that hold the ledger's own words and never text from outside. */
const FIXED: ReadonlySet<string> = new Set(["basis", "billing", "callerType", "cause", "corrects", "kind", "method", "month", "timezone"]);

/** A copy of a value in which every text is replaced, however deeply nested. Anything added to a report later is therefore replaced too. */
export function replaceTexts<Value>(value: Value, replace: (text: string) => string): Value {
  const copy = structuredClone(value);
  if (typeof copy === "object" && copy !== null) replaceWithin(copy, replace);
  return copy;
}

function replaceWithin(holder: object, replace: (text: string) => string): void {
  for (const key of Object.keys(holder)) {
    const held: unknown = Reflect.get(holder, key);
    if (typeof held === "string") {
      if (!FIXED.has(key)) Reflect.set(holder, key, replace(held));
    } else if (typeof held === "object" && held !== null) replaceWithin(held, replace);
  }
}
