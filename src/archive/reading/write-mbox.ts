import { createHash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { shownText, visibleText } from "../../ledger/text/visible-text.ts";
import type { ReadPart } from "./collect-messages.ts";
import { visiblePlain } from "./plain-text.ts";
import type { Thread, ThreadMessage, ThreadStore, Turn } from "./thread-store.ts";

/** Names that no mail can reach (RFC 2606). */
const DOMAIN = "aperture-ledger.invalid";
const LONGEST_SUBJECT = 100;
/** Mail programs need the first and the last messages before one to find its thread. */
const MOST_REFERENCES = 20;

/** Writes a message a turn of each thread as an mbox file (RFC 4155), in the variant that quotes lines which begin with `From `. */
export async function writeMbox(file: string, store: ThreadStore): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  const out = openSync(file, "w");
  try {
    for (const thread of store.threads()) {
      const parents = new Map<number, number>();
      for (const turn of thread.turns) {
        for (const id of turn.added) {
          const message = store.message(thread, id);
          parents.set(id, message.parent);
          const { message: encoded } = await transport.sendMail(mailOf(thread, turn, message, ancestors(message.parent, parents)));
          if (!Buffer.isBuffer(encoded)) throw new Error("the mail library returned a stream");
          writeFileSync(out, `From aperture-ledger@${DOMAIN} ${stampOf(turn.time)}\n${quoteFrom(encoded.toString("utf8")).trimEnd()}\n\n`);
        }
      }
    }
  } finally {
    closeSync(out);
  }
}

function mailOf(thread: Thread, turn: Turn, { id, role, parts }: ThreadMessage, before: readonly number[]) {
  const isAnswer = role === "assistant" || role === "error" || role === "tool use";
  const [caller, model] = [addressOf(thread.caller, "callers"), addressOf(turn.model, "models")];
  const text = parts.map(textOf).join("\n\n");
  return {
    from: isAnswer ? model : caller,
    to: isAnswer ? caller : model,
    subject: shownText(text.trim().split("\n", 1)[0] ?? "", LONGEST_SUBJECT) || role,
    date: new Date(turn.time),
    messageId: idOf(thread, id),
    ...(before.length === 0 ? {} : { inReplyTo: idOf(thread, before.at(-1) ?? 0), references: before.map((one) => idOf(thread, one)) }),
    headers: {
      "X-Aperture-Role": visibleText(role),
      "X-Aperture-Gateway": visibleText(thread.instance),
      ...(thread.session === null ? {} : { "X-Aperture-Session": visibleText(thread.session) }),
      ...(turn.capture === null ? {} : { "X-Aperture-Capture": visibleText(turn.capture) }),
      "X-Aperture-Status": String(turn.status),
      "X-Aperture-Record": `${turn.object} ${String(turn.position)}`,
    },
    text: `${visiblePlain(text)}\n`,
    textEncoding: "quoted-printable" as const,
    xMailer: false as const,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function textOf({ kind, tool, text, cut }: ReadPart): string {
  const title = kind === "text" ? "" : `[${kind}${tool === null ? "" : ` ${tool}`}]\n`;
  return `${title}${text}${cut === 0 ? "" : `\n[${String(cut)} more characters are left out]`}`;
}

/** The messages before one, the oldest first. */
function ancestors(parent: number, parents: ReadonlyMap<number, number>): number[] {
  const found: number[] = [];
  for (let at = parent; at > 0 && found.length < MOST_REFERENCES; at = parents.get(at) ?? 0) found.unshift(at);
  return found;
}

/** A login that can be an address is one; everything else gets an address that leads nowhere. */
function addressOf(name: string, kind: "callers" | "models"): { name: string; address: string } {
  const isAddress = /^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200}$/.test(name);
  return { name: shownText(name), address: isAddress ? name : `${createHash("sha256").update(name).digest("hex").slice(0, 16)}@${kind}.${DOMAIN}` };
}

function idOf({ instance, caller, session }: Thread, id: number): string {
  return `<${createHash("sha256").update(JSON.stringify([instance, caller, session])).digest("hex").slice(0, 32)}.${String(id)}@${DOMAIN}>`;
}

/** `Mon Oct  5 01:00:00 2026`, UTC. */
function stampOf(time: string): string {
  const [day = "", date = "", month = "", year = "", clock = ""] = new Date(time).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${date.replace(/^0/, " ")} ${clock} ${year}`;
}

function quoteFrom(mail: string): string {
  return mail.replaceAll(/^(?=>*From )/gm, ">");
}
