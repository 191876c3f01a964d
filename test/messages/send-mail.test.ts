import fc from "fast-check";
import type { SMTPServerOptions } from "smtp-server";
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/messages/message.ts";
import { sendMessage } from "../../src/messages/send-message.ts";
import { certificateOfLocalhost, mailTo, startMailServer } from "./mail-server.ts";
import { closedUrl } from "./receiver.ts";
import { testTools } from "./sending-tools.ts";

const never = new AbortController().signal;
const PAGE = Buffer.from("<!doctype html><title>Größe</title>");

const REPORT: Message = {
  title: "Chargeback September 2026: $1.00 owed (closed)",
  lines: ["Closed on 2 October 2026 by Kim.", "Biggest changes: web +$1.00."],
  link: "https://ledger.example.com/reports/2026-09/chargeback.html",
  body: { id: "2026-09/company/closed-1" },
  identity: "s3://lake/deliveries/2026-09/company/closed-1.json",
  attach: () => Promise.resolve({ name: "chargeback-2026-09.html", type: "text/html; charset=utf-8", content: PAGE }),
};

describe("an e-mail", () => {
  test("has title, lines and link as text, the page as it is, and nothing that a mail server would have to guess", async () => {
    const { port, received } = await startMailServer();
    expect(await sendMessage(REPORT, mailTo(port), testTools(), never)).toEqual({ failure: null, tries: 1 });
    const [{ from, to, mail }] = received as [(typeof received)[number]];
    expect([from, to]).toEqual(["ledger@acme.example", ["finance@example.com"]]);
    expect(mail.from?.value).toEqual([{ name: "AI ledger", address: "ledger@acme.example" }]);
    expect(mail.subject).toBe("Chargeback September 2026: $1.00 owed (closed)");
    expect(mail.date).toEqual(new Date("2026-10-06T02:00:00Z"));
    expect(mail.text).toBe(`${[REPORT.title, ...REPORT.lines, REPORT.link].join("\n\n")}\n`);
    expect(mail.html).toBe(false);
    expect(mail.attachments.map(({ filename, contentType, content }) => [filename, contentType, content.equals(PAGE)])).toEqual([["chargeback-2026-09.html", "text/html", true]]);
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
  });

  test("has the same Message-ID however often it is sent, and no other message or address has it", async () => {
    const { port, received } = await startMailServer();
    const tools = testTools();
    await sendMessage(REPORT, mailTo(port), tools, never);
    tools.now = new Date("2026-10-07T02:00:00Z");
    await sendMessage(REPORT, mailTo(port), tools, never);
    await sendMessage(REPORT, mailTo(port, {}, { to: "alice@example.com" }), tools, never);
    await sendMessage({ ...REPORT, identity: "s3://lake/deliveries/2026-09/company/closed-1.2.json" }, mailTo(port), tools, never);
    const [first, again, ...others] = received.map(({ mail }) => mail.messageId);
    expect(again).toBe(first);
    expect(first).toMatch(/^<[0-9a-f]{32}@acme\.example>$/);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  test("says why it has no page, where the page is gone or too large for an e-mail", async () => {
    const { port, received } = await startMailServer();
    const large = { name: "chargeback-2026-09.html", type: "text/html", content: new Uint8Array(7 * 1024 * 1024 + 1) };
    await sendMessage({ ...REPORT, attach: () => Promise.resolve(large) }, mailTo(port), testTools(), never);
    await sendMessage({ ...REPORT, attach: () => Promise.resolve("The page is not attached.") }, mailTo(port), testTools(), never);
    expect(received.map(({ mail }) => [mail.attachments.length, mail.text?.split("\n\n").at(-2)])).toEqual([
      [0, "chargeback-2026-09.html is not attached, because it is too large for an e-mail."],
      [0, "The page is not attached."],
    ]);
  });

  test("is not sent where its page cannot be read, and is tried again", async () => {
    const { port, received } = await startMailServer();
    expect(await sendMessage({ ...REPORT, attach: () => Promise.reject(new Error("the store is down")) }, mailTo(port), testTools(), never)).toEqual({ failure: "page_unreadable", tries: 3 });
    expect(received).toEqual([]);
  });

  test.each(["x".repeat(1000), "\\".repeat(1000), "ä".repeat(1000)])("has no line that is too long for a mail server, however long its page's name is (%#)", async (name) => {
    const { port, received } = await startMailServer();
    const message = { ...REPORT, attach: () => Promise.resolve({ name, type: "text/html", content: PAGE }) };
    expect(await sendMessage(message, mailTo(port), testTools(), never)).toEqual({ failure: null, tries: 1 });
    expect(received[0]!.raw.split("\r\n").filter((line) => Buffer.byteLength(line) > 998)).toEqual([]);
  });

  test("has no header and no recipient that a name in it could bring along", async () => {
    const { port, received } = await startMailServer();
    const hostile = fc.array(fc.constantFrom("\r\n", "\n", "\r", "\u2028", "\0", "Bcc: eve@evil.example", "\r\nBcc: eve@evil.example\r\n\r\n", "<eve@evil.example>", ", eve@evil.example", '"', "\\", "=?utf-8?Q?=0D=0ABcc:_eve@evil.example?=", "ä", "🦊", "x".repeat(900)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (title, name) => {
        const attach = (): Promise<{ name: string; type: string; content: Uint8Array }> => Promise.resolve({ name: name.join(""), type: "text/html", content: PAGE });
        expect(await sendMessage({ ...REPORT, title: title.join(""), lines: [title.join("")], attach }, mailTo(port), testTools(), never)).toEqual({ failure: null, tries: 1 });
        const { to, mail, raw } = received.at(-1)!;
        expect(to).toEqual(["finance@example.com"]);
        expect([...mail.headers.keys()].toSorted()).toEqual(["auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to"]);
        expect(mail.attachments).toHaveLength(1);
        expect(raw.split("\r\n").every((line) => Buffer.byteLength(line) <= 998)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a mail server", () => {
  test("that asks for a login gets it over an encrypted connection, by STARTTLS or from the start", async () => {
    const { ca, ...pair } = certificateOfLocalhost();
    const env = { SMTP_USER: "ledger", SMTP_PASSWORD: "hunter2" };
    const login = { authOptional: false, onAuth: ({ username, password }, _session, done) => (password === "hunter2" ? done(null, { user: username ?? "" }) : done(new Error("wrong"))) } satisfies SMTPServerOptions;
    for (const tls of ["starttls", "implicit"] as const) {
      const { port, received } = await startMailServer({ ...pair, ...login, secure: tls === "implicit" });
      const target = mailTo(port, { tls, ca, userEnv: "SMTP_USER", passwordEnv: "SMTP_PASSWORD" });
      expect(await sendMessage(REPORT, target, testTools({ env }), never)).toEqual({ failure: null, tries: 1 });
      expect(received.map(({ secure, user }) => [secure, user])).toEqual([[true, "ledger"]]);
      expect(await sendMessage(REPORT, target, testTools({ env: { ...env, SMTP_PASSWORD: "wrong" } }), never)).toEqual({ failure: "smtp_535", tries: 1 });
      expect(await sendMessage(REPORT, target, testTools({ env: { SMTP_USER: "ledger" } }), never)).toEqual({ failure: "password_missing", tries: 1 });
      expect(await sendMessage(REPORT, target, testTools({ env: { SMTP_PASSWORD: "hunter2" } }), never)).toEqual({ failure: "user_missing", tries: 1 });
    }
  });

  test("that cannot encrypt, or shows a certificate that nobody vouches for, gets nothing", async () => {
    const clear = await startMailServer({ hideSTARTTLS: true, disabledCommands: ["STARTTLS"] });
    expect(await sendMessage(REPORT, mailTo(clear.port, { tls: "starttls" }), testTools(), never)).toEqual({ failure: "ETLS", tries: 3 });
    const { ca: _, ...pair } = certificateOfLocalhost();
    for (const tls of ["starttls", "implicit"] as const) {
      const unknown = await startMailServer({ ...pair, secure: tls === "implicit" });
      expect(await sendMessage(REPORT, mailTo(unknown.port, { tls }), testTools(), never)).toEqual({ failure: "DEPTH_ZERO_SELF_SIGNED_CERT", tries: 3 });
      expect(unknown.received).toEqual([]);
    }
    expect(clear.received).toEqual([]);
  });

  test("that wants a login and is told none gets nothing", async () => {
    const strict = await startMailServer({ authOptional: false, hideSTARTTLS: true });
    expect(await sendMessage(REPORT, mailTo(strict.port), testTools(), never)).toEqual({ failure: "smtp_530", tries: 1 });
  });

  test.each([
    [{ code: 550, at: "recipient" } as const, "smtp_550", 1],
    [{ code: 552, at: "data" } as const, "smtp_552", 1],
    [{ code: 451, at: "data" } as const, "smtp_451", 3],
    [{ code: 450, at: "recipient" } as const, "smtp_450", 3],
  ])("that answers %j is tried again only where that may pass", async (answer, failure, tries) => {
    const { port, received } = await startMailServer({ behave: () => answer });
    expect(await sendMessage(REPORT, mailTo(port), testTools(), never)).toEqual({ failure, tries });
    expect(received).toEqual([]);
  });

  test("that is busy at first gets the message in the end", async () => {
    const { port, received } = await startMailServer({ behave: (count) => (count < 2 ? { code: 451, at: "data" } : "take") });
    expect(await sendMessage(REPORT, mailTo(port), testTools(), never)).toEqual({ failure: null, tries: 3 });
    expect(received).toHaveLength(1);
  });

  test("that says nothing more is left after the time of a try, and at once when the time for everything is over", async () => {
    const { port } = await startMailServer({ behave: () => "hang" });
    expect(await sendMessage(REPORT, mailTo(port, {}, { timeoutMilliseconds: 100 }), testTools(), never)).toEqual({ failure: "timeout", tries: 3 });
    const over = new AbortController();
    const sending = sendMessage(REPORT, mailTo(port), testTools(), over.signal);
    setTimeout(() => over.abort(), 50);
    expect(await sending).toEqual({ failure: "out_of_time", tries: 1 });
  });

  test("that is not there is named by the connection's failure", async () => {
    const port = Number(new URL(await closedUrl()).port);
    expect(await sendMessage(REPORT, mailTo(port, { host: "127.0.0.1" }), testTools(), never)).toEqual({ failure: "ECONNREFUSED", tries: 3 });
  });
});
