import type { EventOf, SignedEvent } from "./event.ts";
import { isSignatureGood } from "./signed.ts";
import { isSignedBy, type SigningKey } from "./signing-key.ts";

type Rotation = EventOf<"rotation">;

/** Declares that one key follows another. Both must agree: the old key signs the event, the new one vouches for it. */
export async function makeRotation(made: Pick<Rotation, "instance" | "id" | "at" | "by">, from: SigningKey, to: SigningKey): Promise<Rotation> {
  const rotation: Omit<Rotation, "vouched"> = { format: 1, kind: "rotation", ...made, from: from.publicKey, to: to.publicKey };
  return { ...rotation, vouched: await to.sign(rotation) };
}

/** The keys that an event links; undefined for other events, and if one of the keys did not agree. */
export function linkedKeys(event: SignedEvent): { from: string; to: string } | undefined {
  const { header, key } = event;
  if (header.kind !== "rotation") return undefined;
  const { vouched, ...rotation } = header;
  const isAgreed = key === header.from && isSignatureGood(event) && isSignedBy(header.to, rotation, vouched);
  return isAgreed ? { from: header.from, to: header.to } : undefined;
}
