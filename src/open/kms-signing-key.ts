import { createPublicKey } from "node:crypto";
import { KMSClient, GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import { canonicalBytes } from "../archive/chain/canonical.ts";
import { isSignedBy, publicKeyOf, type SigningKey } from "../archive/chain/signing-key.ts";
import { LedgerError } from "../ledger/errors.ts";
import { kmsError } from "./kms-errors.ts";
import { parseKmsPlace } from "./kms-place.ts";

/** Bytes of a message: KMS signs no longer ones. */
const LONGEST = 4096;

const ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 30_000;

/**
 * A signing key that AWS KMS keeps. Reads its public key once. Region, endpoint and credentials are those of the environment, the region is
 * the one of an ARN. Throws `key_unusable`, retryable if KMS cannot be reached. @param place see `isInKms`.
 */
export async function openKmsKey(place: string): Promise<SigningKey> {
  const { id, region } = parseKmsPlace(place);
  const client = new KMSClient({
    ...(region !== undefined && { region }),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: SILENCE_TIMEOUT_MS },
  });
  const ask = async <Answer>(permission: string, send: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await send();
    } catch (error) {
      throw kmsError(error, place, permission);
    }
  };
  const found = await ask("kms:GetPublicKey", async () => await client.send(new GetPublicKeyCommand({ KeyId: id })));
  if (found.PublicKey === undefined || found.KeySpec !== "ECC_NIST_EDWARDS25519") {
    throw new LedgerError("key_unusable", `${place} is a key of the kind ${String(found.KeySpec)} in AWS KMS, not ECC_NIST_EDWARDS25519`, {
      remedy: "make one with aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY",
    });
  }
  const publicKey = publicKeyOf(createPublicKey({ key: Buffer.from(found.PublicKey), format: "der", type: "spki" }));
  // An alias may name another key later, and that key must not sign in this one's name.
  const keyId = found.KeyId ?? id;
  return {
    publicKey,
    longest: LONGEST,
    sign: async (value) => {
      const message = canonicalBytes(value);
      if (message.byteLength > LONGEST) throw tooLong(place, message.byteLength);
      const { Signature: made } = await ask("kms:Sign", async () => await client.send(new SignCommand({ KeyId: keyId, Message: message, MessageType: "RAW", SigningAlgorithm: "ED25519_SHA_512" })));
      const signature = Buffer.from(made ?? []).toString("base64url");
      // What is signed may be locked for years.
      if (!isSignedBy(publicKey, value, signature)) throw wrongSignature(place);
      return signature;
    },
  };
}

function tooLong(place: string, bytes: number): LedgerError {
  return new LedgerError("key_unusable", `${place} cannot sign ${String(bytes)} bytes: AWS KMS signs at most ${String(LONGEST)}`, { remedy: "shorten the names and reasons in the call, or sign this with a key in a file" });
}

function wrongSignature(place: string): LedgerError {
  return new LedgerError("key_unusable", `AWS KMS answered with a signature that its key ${place} did not make; nothing was written`, { remedy: "check what AWS_ENDPOINT_URL_KMS or a proxy leads to, and call it again" });
}
