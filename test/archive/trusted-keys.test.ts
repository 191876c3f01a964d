import { expect, test } from "vitest";
import type { SignedEvent } from "../../src/archive/chain/event.ts";
import { makeRotation } from "../../src/archive/chain/rotation.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { generateKeys, readSigningKey, type SigningKey } from "../../src/archive/chain/signing-key.ts";
import { trustedKeys } from "../../src/archive/chain/trusted-keys.ts";

const [first, second, third, foreign] = ["first", "second", "third", "foreign"].map((name) => readSigningKey(generateKeys().privateKey, name)) as [SigningKey, SigningKey, SigningKey, SigningKey];
const MADE = { instance: "prod", id: "1", at: "2026-11-01T00:00:00.000Z", by: "ann@example.com" };

function rotation(from: SigningKey, to: SigningKey): SignedEvent {
  return signHeader(makeRotation(MADE, from, to), from);
}

const names = (keys: SigningKey[]): string[] => keys.map(({ publicKey }) => publicKey).toSorted();

test("rotations link keys in both directions, over any number of them", () => {
  const events = [rotation(second, third), rotation(first, second)];
  for (const given of [first, second, third]) expect([...trustedKeys(given.publicKey, events)].toSorted()).toEqual(names([first, second, third]));
  expect([...trustedKeys(foreign.publicKey, events)]).toEqual([foreign.publicKey]);
});

test("a key is not linked by a rotation that only one of the two agreed to", () => {
  const good = rotation(first, foreign);
  if (good.header.kind !== "rotation") throw new Error("no rotation");
  const signedByNew = signHeader(good.header, foreign);
  const notVouched = signHeader({ ...good.header, vouched: first.sign({}) }, first);
  const changedSince = { ...good, header: { ...good.header, at: "2026-11-02T00:00:00.000Z" } };
  const swapped = signHeader({ ...good.header, to: second.publicKey }, first);
  const unsigned = signHeader(good.header, undefined);
  for (const event of [signedByNew, notVouched, changedSince, swapped, unsigned]) expect([...trustedKeys(first.publicKey, [event])]).toEqual([first.publicKey]);
});
