/** A map from what a test writes as an object, whose keys are all names. */
export function mapOf<Value>(written: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(written));
}
