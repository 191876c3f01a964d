import { createHash } from "node:crypto";
import { Null, OctetString } from "asn1js";
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from "pkijs";
import { postBytes, reasonOf } from "../../storage/fetch-text.ts";
import { checkToken, SHA_256, type TrustedRoots } from "./token.ts";

/** A time-stamping authority, as configured. */
export interface TimestampAuthority {
  url: string;
  /** Resolves to undefined where none are configured: then nobody checks who signed a token. Throws `key_unusable`. */
  readRoots: () => Promise<TrustedRoots | undefined>;
}

/** Tokens with the authority's certificates have some thousands of bytes. */
const MOST_ANSWER_BYTES = 262_144;
const MILLISECONDS = 10_000;

/**
 * Asks an authority for a token for these bytes, by their SHA-256 alone, and checks it. Resolves to the authority's answer as it was sent.
 * Throws an error that says why there is none.
 */
export async function askAuthority({ url, readRoots }: TimestampAuthority, stamped: Uint8Array): Promise<Buffer> {
  const roots = await readRoots();
  const answer = await postBytes(url, makeRequest(stamped), { "Content-Type": "application/timestamp-query" }, { mostBytes: MOST_ANSWER_BYTES, milliseconds: MILLISECONDS }).catch((error: unknown) => {
    throw new Error(reasonOf(error), { cause: error });
  });
  const checked = await checkToken(answer, stamped, roots);
  if ("problem" in checked) throw new Error(`what it sent is not a usable token: ${checked.problem}`);
  return answer;
}

/** Without a nonce: no other request is about the same hash, so an old answer cannot pass for a new one. */
function makeRequest(stamped: Uint8Array): Uint8Array<ArrayBuffer> {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA_256, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: Uint8Array.from(createHash("sha256").update(stamped).digest()).buffer }),
    }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}
