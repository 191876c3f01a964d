import { createHmac } from "node:crypto";

/**
 * Headers by which a receiver can tell that a body is from somebody who knows the secret, and when it was sent.
 * The signature is over `<timestamp>.<body>`: an old body cannot be sent again under a new time.
 */
export function signBody(body: string, secret: string | undefined, sentAt: Date): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const stamped = { "X-Aperture-Ledger-Timestamp": timestamp };
  if (secret === undefined) return stamped;
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { ...stamped, "X-Aperture-Ledger-Signature": `sha256=${signature}` };
}
