import { LedgerError, messageOf } from "../ledger/errors.ts";

const DENIALS: ReadonlySet<string> = new Set(["AccessDeniedException", "CredentialsProviderError", "ExpiredTokenException", "InvalidSignatureException", "SignatureDoesNotMatch", "TokenProviderError", "UnrecognizedClientException"]);

/** By the name of KMS's error: what the key lacks, and what to do. */
const REFUSALS: Readonly<Record<string, { finding: string; remedy: string }>> = {
  DisabledException: { finding: "is disabled", remedy: "enable it with aws kms enable-key, or record another key with aperture-ledger archive keys rotate before it is disabled" },
  KMSInvalidStateException: { finding: "cannot be used in its present state", remedy: "look at it with aws kms describe-key; a deletion that is pending can be cancelled with aws kms cancel-key-deletion" },
  NotFoundException: { finding: "does not exist", remedy: "check the key id, alias or ARN in archive.signing_key, and the region: name it in the ARN or in AWS_REGION" },
  InvalidArnException: { finding: "is not a key id, an alias (alias/…) or an ARN", remedy: "write archive.signing_key as awskms:alias/NAME, or awskms: with a key id or an ARN" },
  InvalidKeyUsageException: { finding: "is not a key for signing", remedy: "make one with aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY" },
  UnsupportedOperationException: { finding: "has no public key", remedy: "make one with aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY" },
};

/** @param permission what IAM has to allow for the call. The cause has neither request nor response: their headers hold credentials. */
export function kmsError(error: unknown, place: string, permission: string): LedgerError {
  const name = error instanceof Error ? error.name : "Error";
  const said = messageOf(error).replaceAll(/\s+/g, " ");
  const cause = Object.assign(new Error(said), { name });
  const refusal = REFUSALS[name];
  if (refusal !== undefined) return new LedgerError("key_unusable", `the key ${place} in AWS KMS ${refusal.finding}: ${said}`, { remedy: refusal.remedy, cause });
  if (DENIALS.has(name)) {
    return new LedgerError("key_unusable", `AWS KMS does not let the key ${place} be used: ${said}`, {
      remedy: `check the credentials, and allow ${permission} on the key, in IAM or in the key's policy; signing takes kms:GetPublicKey and kms:Sign (docs/iam/kms-sign.json)`,
      cause,
    });
  }
  if (said.includes("Region is missing")) return new LedgerError("key_unusable", `${place} names no region`, { remedy: "set AWS_REGION, or write the key's ARN", cause });
  return new LedgerError("key_unusable", `AWS KMS cannot be asked for the key ${place}: ${name}: ${said}`, { remedy: "try again; if it persists, check the network and the region's state", retryable: true, cause });
}
