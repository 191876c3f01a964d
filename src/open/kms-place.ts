/** A signing key in AWS KMS: `awskms:` and a key id, an alias or the ARN of either. */
const SCHEME = "awskms:";

export function isInKms(place: string): boolean {
  return place.trimStart().startsWith(SCHEME);
}

/** @param place see `isInKms`. @returns what AWS takes for the key, and the region that an ARN names. */
export function parseKmsPlace(place: string): { id: string; region: string | undefined } {
  const id = place.slice(SCHEME.length);
  return { id, region: /^arn:[^:]+:kms:([^:]+):/.exec(id)?.[1] };
}
