import { createHash, X509Certificate } from "node:crypto";
import { Certificate, type CertificateSetItem, ExtKeyUsage, PKIStatus, SignedData, TimeStampResp, TSTInfo } from "pkijs";
import { LedgerError } from "../../ledger/errors.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
export const SHA_256 = "2.16.840.1.101.3.4.2.1";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

/** Root certificates that are trusted. */
export type TrustedRoots = readonly Certificate[];

/** What a token says, or why it says nothing. */
export type CheckedToken = { at: Date } | { problem: string };

/** @param pem one certificate or several. @param where for messages. Throws `key_unusable`. */
export function readRoots(pem: string, where: string): TrustedRoots {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const remedy = "give the root certificates of the time-stamping authority as PEM";
  if (blocks.length === 0) throw new LedgerError("key_unusable", `${where} contains no certificate`, { remedy });
  return blocks.map((block, index) => {
    try {
      return Certificate.fromBER(bytesOf(new X509Certificate(block).raw));
    } catch (cause) {
      throw new LedgerError("key_unusable", `certificate ${String(index + 1)} in ${where} cannot be read`, { remedy, cause });
    }
  });
}

/**
 * Checks an authority's answer (RFC 3161): that it is a token for these bytes, and that its signature is good.
 * @param answer from anybody: nothing in it is trusted before its signature is checked.
 * @param stamped the bytes that the token should be about.
 * @param roots undefined leaves open who signed.
 */
export async function checkToken(answer: Uint8Array, stamped: Uint8Array, roots: TrustedRoots | undefined): Promise<CheckedToken> {
  try {
    const { status, timeStampToken: token } = TimeStampResp.fromBER(bytesOf(answer));
    if (status.status !== PKIStatus.granted && status.status !== PKIStatus.grantedWithMods) return { problem: "the authority refused to make a token" };
    if (token?.contentType !== SIGNED_DATA) return { problem: "it is not a token" };
    const signed = new SignedData({ schema: token.content });
    if (signed.encapContentInfo.eContentType !== TST_INFO || signed.encapContentInfo.eContent === undefined) return { problem: "it is not a token" };
    const { genTime, messageImprint } = TSTInfo.fromBER(signed.encapContentInfo.eContent.getValue());
    if (messageImprint.hashAlgorithm.algorithmId !== SHA_256) return { problem: "it is about a hash other than SHA-256" };
    const [expected, found] = [createHash("sha256").update(stamped).digest("hex"), Buffer.from(messageImprint.hashedMessage.valueBlock.valueHexView).toString("hex")];
    if (found !== expected) return { problem: `it is about other bytes, whose SHA-256 is ${found}` };
    if (signed.signerInfos.length !== 1) return { problem: "it does not have exactly one signature" };
    return (await faultOfSignature(signed, stamped, roots)) ?? { at: genTime };
  } catch {
    // The library's messages quote what somebody else wrote.
    return { problem: "it cannot be read" };
  }
}

async function faultOfSignature(signed: SignedData, stamped: Uint8Array, roots: TrustedRoots | undefined): Promise<{ problem: string } | undefined> {
  const verified = await signed
    .verify({ signer: 0, data: bytesOf(stamped), trustedCerts: [...(roots ?? [])], checkChain: roots !== undefined, extendedMode: true })
    .catch(() => undefined);
  if (verified?.signatureVerified !== true) return { problem: roots === undefined ? "its signature is not valid" : "its signature is not valid, or its certificate does not come from the given roots" };
  if (!isForTimeStamping(verified.signerCertificate)) return { problem: "it is signed with a certificate that is not for time stamps" };
  return undefined;
}

/** RFC 3161, 2.3: the only purpose of such a certificate, and said to be critical. */
function isForTimeStamping(certificate: CertificateSetItem | null | undefined): boolean {
  const usage = certificate instanceof Certificate ? certificate.extensions?.find(({ extnID }) => extnID === EXTENDED_KEY_USAGE) : undefined;
  const purposes: unknown = usage?.parsedValue;
  return usage?.critical === true && purposes instanceof ExtKeyUsage && purposes.keyPurposes.length === 1 && purposes.keyPurposes[0] === TIME_STAMPING;
}

function bytesOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
