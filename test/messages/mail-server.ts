import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";
import type { MailServer, MailTarget } from "../../src/messages/target.ts";
import { temporaryFolder } from "../test-ledger.ts";

export interface ReceivedMail {
  /** As the envelope says. */
  from: string;
  to: string[];
  raw: string;
  mail: ParsedMail;
  /** Whether it came encrypted. */
  secure: boolean;
  user: string | undefined;
}

export interface TestMailServer {
  port: number;
  received: ReceivedMail[];
}

type Answer = "take" | "hang" | { code: number; at: "recipient" | "data" };

/** A mail server on loopback until the test is over; `behave` says what it does with a message, by how many came before. */
export async function startMailServer({ behave = () => "take", ...options }: SMTPServerOptions & { behave?: (count: number, to: string) => Answer } = {}): Promise<TestMailServer> {
  const received: ReceivedMail[] = [];
  let tried = 0;
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 10,
    onRcptTo: ({ address }, _session, callback) => {
      const answer = behave(tried, address);
      if (answer === "hang") return;
      callback(typeof answer === "object" && answer.at === "recipient" ? refusal(answer.code, address) : null);
      if (typeof answer === "object" && answer.at === "recipient") tried++;
    },
    onData: (stream, { envelope, secure, user }, callback) => {
      void (async () => {
        const raw = await buffer(stream);
        const to = envelope.rcptTo.map(({ address }) => address);
        const answer = behave(tried++, to[0] ?? "");
        if (typeof answer === "object") return callback(refusal(answer.code, to[0] ?? ""));
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        received.push({ from, to, raw: raw.toString(), mail: await simpleParser(raw), secure, user: typeof user === "string" ? user : undefined });
        callback(null);
      })();
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server has no port");
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: address.port, received };
}

function refusal(responseCode: number, address: string): Error {
  return Object.assign(new Error(`no such user ${address}`), { responseCode });
}

/** A target on loopback in clear, unless it is said otherwise. */
export function mailTo(port: number, server: Partial<MailServer> = {}, target: Partial<MailTarget> = {}): MailTarget {
  return {
    name: "finance",
    kind: "email",
    to: "finance@example.com",
    timeoutMilliseconds: 20_000,
    server: { host: "localhost", port, tls: "none", from: "ledger@acme.example", fromName: "AI ledger", ...server },
    ...target,
  };
}

/** A key and a certificate of localhost that signs itself, and the file to trust it by. */
export function certificateOfLocalhost(): { key: string; cert: string; ca: string } {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...made, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), ca: cert };
}
