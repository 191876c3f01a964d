import { expect, test } from "vitest";
import type { SignedEvent } from "../../src/archive/chain/event.ts";
import { makeRotation } from "../../src/archive/chain/rotation.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import { trustedKeys } from "../../src/archive/chain/trusted-keys.ts";
import { newKey } from "./sign-now.ts";

const [first, second, third, foreign] = [newKey(), newKey(), newKey(), newKey()];
const MADE = { instance: "prod", id: "1", at: "2026-11-01T00:00:00.000Z", by: "ann@example.com" };

async function rotation(from: SigningKey, to: SigningKey): Promise<SignedEvent> {
  return await signHeader(await makeRotation(MADE, from, to), from);
}

const names = (keys: SigningKey[]): string[] => keys.map(({ publicKey }) => publicKey).toSorted();

test("rotations link keys in both directions, over any number of them", async () => {
  const events = [await rotation(second, third), await rotation(first, second)];
  for (const given of [first, second, third]) expect([...trustedKeys(given.publicKey, events)].toSorted()).toEqual(names([first, second, third]));
  expect([...trustedKeys(foreign.publicKey, events)]).toEqual([foreign.publicKey]);
});

test("a key is not linked by a rotation that only one of the two agreed to", async () => {
  const good = await rotation(first, foreign);
  if (good.header.kind !== "rotation") throw new Error("no rotation");
  const signedByNew = await signHeader(good.header, foreign);
  const notVouched = await signHeader({ ...good.header, vouched: await first.sign({}) }, first);
  const changedSince = { ...good, header: { ...good.header, at: "2026-11-02T00:00:00.000Z" } };
  const swapped = await signHeader({ ...good.header, to: second.publicKey }, first);
  const unsigned = await signHeader(good.header, undefined);
  for (const event of [signedByNew, notVouched, changedSince, swapped, unsigned]) expect([...trustedKeys(first.publicKey, [event])]).toEqual([first.publicKey]);
});
