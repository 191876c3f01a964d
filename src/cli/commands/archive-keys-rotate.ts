import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type RotatedKey, rotateKey } from "../../archive/rotate-key.ts";
import { readSigningKey, type SigningKey } from "../../archive/chain/signing-key.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { openKeyOfKms } from "../../open/archive-settings.ts";
import { isInKms } from "../../open/kms-place.ts";
import { openWork } from "../../open/open-ledger.ts";
import { openStores } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJson } from "../terminal.ts";
import { actor } from "../actor.ts";

export interface RotateFlags extends SettingFlags {
  new: string;
  by?: string;
  json?: boolean;
}

/** Records the key in a file as the successor of the configured key, and shows the next steps. */
export async function rotateKeys(flags: RotateFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const next = await openNewKey(flags.new);
  const ledger = { stores: await openStores(config), work: await openWork(config, { clock }) };
  const rotated = await rotateKey(ledger, next, { by: actor(flags.by), now: clock(), id: randomUUID() });
  if (flags.json) printJson(rotated);
  else print(...describeRotation(rotated, flags.new));
  return 0;
}

async function openNewKey(place: string): Promise<SigningKey> {
  return isInKms(place) ? await openKeyOfKms(place) : await readNewKey(place);
}

async function readNewKey(file: string): Promise<SigningKey> {
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("key_unusable", `${file} cannot be read: ${messageOf(cause)}`, {
      remedy: "make a pair with aperture-ledger archive keys --out DIR, and give its signing-key.pem",
      cause,
    });
  }
  return readSigningKey(pem, file);
}

function describeRotation({ from, to, gateways }: RotatedKey, file: string): string[] {
  return [
    `rotated      ${from} is replaced by ${to}`,
    ...gateways.map(({ instance, recorded }) => `recorded     ${instance}: ${recorded ?? "before"}`),
    `next         set archive.signing_key to ${file}${isInKms(file) ? "" : ", or APERTURE_LEDGER_SIGNING_KEY to its content"}; signatures of the old key stay valid`,
  ];
}
