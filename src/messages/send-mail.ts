import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { shownText } from "../ledger/text/visible-text.ts";
import type { Attachment, Message } from "./message.ts";
import type { Login, MailServer, MailTarget } from "./target.ts";
import { type Posted, type TimeOfTry, tryWithin } from "./try-within.ts";

/** Many servers refuse messages above 10 MB, and base64 turns three bytes into four. */
const LARGEST_ATTACHMENT = 7 * 1024 * 1024;
const LONGEST_SUBJECT = 200;
/** A mail program breaks no line within a file's name, and a line of an e-mail has at most 998 bytes (RFC 5322, section 2.1.1). */
const LONGEST_FILE_NAME = 200;

interface Mailing extends Pick<TimeOfTry, "ended"> {
  /** Null for a server without a login. */
  login: Login | null;
  sentAt: Date;
}

/**
 * Makes one attempt to send a message as a plain-text e-mail. Never throws: it returns the class of a failure, since a server's answer may contain
 * addresses.
 */
export async function sendMail(message: Message, target: MailTarget, { login, sentAt, ended }: Mailing): Promise<Posted> {
  const { server, timeoutMilliseconds } = target;
  const send = async (over: AbortSignal): Promise<Posted> => {
    const read = await readAttachment(message).catch(() => null);
    if (read === null) return { failure: "page_unreadable", mayPass: true };
    const { attachments, note } = read;
    // Loaded here, since few processes send mail and all of them would otherwise hold the library in memory.
    const { createTransport } = await import("nodemailer");
    await createTransport(await connectionTo(server, login, timeoutMilliseconds)).sendMail({
      from: { name: server.fromName, address: server.from },
      to: { name: "", address: target.to },
      subject: shownText(message.title, LONGEST_SUBJECT),
      text: renderText(message, note),
      attachments,
      date: sentAt,
      messageId: messageIdOf(message, target),
      // Keeps automatic responders from answering.
      headers: { "Auto-Submitted": "auto-generated" },
      xMailer: false,
      signal: over,
    });
    return { failure: null };
  };
  return await tryWithin({ timeoutMilliseconds, ended }, send, classify);
}

async function readAttachment({ attach }: Message): Promise<{ attachments: { filename: string; contentType: string; content: Buffer }[]; note: string | undefined }> {
  const read: Attachment | string | undefined = await attach?.();
  if (read === undefined || typeof read === "string") return { attachments: [], note: read };
  if (read.content.byteLength > LARGEST_ATTACHMENT) return { attachments: [], note: `${read.name} is not attached, because it is too large for an e-mail.` };
  return { attachments: [{ filename: shownText(read.name, LONGEST_FILE_NAME), contentType: read.type, content: Buffer.from(read.content) }], note: undefined };
}

async function connectionTo({ host, port, tls, ca }: MailServer, login: Login | null, timeoutMilliseconds: number): Promise<object> {
  return {
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: ca === undefined ? {} : { ca: await readFile(ca, "utf8") },
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password }, forceAuth: true }),
    // Longer than the caller's own time limit, which ends an attempt in any case.
    connectionTimeout: 2 * timeoutMilliseconds,
    greetingTimeout: 2 * timeoutMilliseconds,
    socketTimeout: 2 * timeoutMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function renderText({ title, lines, link }: Message, note: string | undefined): string {
  const paragraphs = [title, ...lines, ...(note === undefined ? [] : [note])].map((line) => shownText(line, Infinity));
  return `${[...paragraphs, ...(link === undefined ? [] : [link])].join("\n\n")}\n`;
}

function messageIdOf({ identity }: Message, { to, server }: MailTarget): string {
  const digest = createHash("sha256").update(JSON.stringify([identity, to])).digest("hex").slice(0, 32);
  return `<${digest}@${server.from.slice(server.from.lastIndexOf("@") + 1)}>`;
}

/** `smtp_550` is a server's answer to a message; `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and `ETLS` are failures of the connection. */
function classify(error: unknown): Posted {
  const { code, originalCode, responseCode } = failedSending.parse(error);
  if (code !== "ETLS" && responseCode !== undefined) return { failure: `smtp_${String(responseCode)}`, mayPass: responseCode < 500 };
  return { failure: originalCode ?? code ?? "network", mayPass: true };
}

const code = z.string().regex(/^[A-Z][A-Z0-9_]*$/).optional().catch(undefined);
const failedSending = z.object({ code, originalCode: code, responseCode: z.int().optional().catch(undefined) }).catch({});
