import { createHmac } from "node:crypto";
import type { Clock } from "../ledger/clock.ts";
import { type Message, renderBody } from "./message.ts";
import { postJson } from "./post-json.ts";
import { renderSlack } from "./render-slack.ts";
import { sendMail } from "./send-mail.ts";
import { type Environment, type MailTarget, type ReceivingTarget, resolveLogin, resolveTarget, type Target } from "./target.ts";
import type { Posted } from "./try-within.ts";

export interface SendingTools {
  clock: Clock;
  /** Rejects when the signal aborts. */
  wait: (milliseconds: number, ended: AbortSignal) => Promise<void>;
  /** From 0 to below 1, so that the pauses of many senders differ. */
  random: () => number;
  env: Environment;
  /** Writes a line to standard output. */
  print: (line: string) => void;
}

export interface Delivery {
  /** Class of the last failure; null when it was delivered. */
  failure: string | null;
  tries: number;
}

const TRIES = 3;
const FIRST_PAUSE_MILLISECONDS = 500;

/**
 * Delivers a message to one target, with further attempts after temporary failures.
 * Never throws. If an answer is lost, the receiver gets the message again with the same id. @param ended aborts when the time is up; an undelivered
 * message is then `out_of_time`.
 */
export async function sendMessage(message: Message, target: Target, tools: SendingTools, ended: AbortSignal): Promise<Delivery> {
  if (target.kind === "stdout") {
    tools.print(renderBody(message, tools.clock()));
    return { failure: null, tries: 1 };
  }
  for (let tries = 1; ; tries++) {
    if (ended.aborted) return { failure: "out_of_time", tries: tries - 1 };
    const posted = await (target.kind === "email" ? mailOnce(message, target, tools, ended) : postOnce(message, target, tools, ended));
    if (posted.failure === null) return { failure: null, tries };
    if (!posted.mayPass || tries === TRIES) return { failure: posted.failure, tries };
    const pause = FIRST_PAUSE_MILLISECONDS * 2 ** (tries - 1) * (0.5 + tools.random() / 2);
    await tools.wait(pause, ended).catch(() => undefined);
  }
}

async function postOnce(message: Message, target: ReceivingTarget, { clock, env }: SendingTools, ended: AbortSignal): Promise<Posted> {
  const receiver = resolveTarget(target, env);
  if ("unusable" in receiver) return { failure: receiver.unusable, mayPass: false };
  const sentAt = clock();
  const body = target.kind === "slack" ? renderSlack(message) : renderBody(message, sentAt);
  const headers = target.kind === "slack" ? {} : signBody(body, receiver.secret, sentAt);
  return await postJson(receiver.url, body, { headers, timeoutMilliseconds: target.timeoutMilliseconds, ended });
}

async function mailOnce(message: Message, target: MailTarget, { clock, env }: SendingTools, ended: AbortSignal): Promise<Posted> {
  const login = resolveLogin(target.server, env);
  if (login !== null && "unusable" in login) return { failure: login.unusable, mayPass: false };
  return await sendMail(message, target, { login, sentAt: clock(), ended });
}

/**
 * Headers that prove to a receiver that the sender knows the secret, and when the body was sent.
 * The signature covers `<timestamp>.<body>`, so an old body cannot be replayed with a new time.
 */
function signBody(body: string, secret: string | undefined, sentAt: Date): Record<string, string> {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const stamped = { "X-Aperture-Ledger-Timestamp": timestamp };
  if (secret === undefined) return stamped;
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { ...stamped, "X-Aperture-Ledger-Signature": `sha256=${signature}` };
}
