import { createHmac } from "node:crypto";

/**
 * Headers that prove to a receiver that the sender knows the secret, and when the body was sent.
 * The signature covers `<timestamp>.<body>`, so an old body cannot be replayed with a new time.
 */
export function signBody(body: string, secret: string | undefined, sentAt: Date): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const stamped = { "X-Aperture-Ledger-Timestamp": timestamp };
  if (secret === undefined) return stamped;
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { ...stamped, "X-Aperture-Ledger-Signature": `sha256=${signature}` };
}
