import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ReceivingTarget } from "../../src/messages/target.ts";
import { sendMessage } from "../../src/messages/send-message.ts";
import { type Behaviour, closedUrl, startReceiver } from "./receiver.ts";
import { MESSAGE, testTools } from "./sending-tools.ts";

const never = new AbortController().signal;

function webhook(url: string, changes: Partial<ReceivingTarget> = {}): ReceivingTarget {
  return { name: "ops", kind: "webhook", url, timeoutMilliseconds: 30_000, ...changes };
}

describe("a webhook", () => {
  test("gets the alert as JSON, signed with the secret over time and body", async () => {
    const { url, received } = await startReceiver();
    const tools = testTools({ env: { OPS_SECRET: "the shared secret" } });
    expect(await sendMessage(MESSAGE, webhook(url, { secretEnv: "OPS_SECRET" }), tools, never)).toEqual({ failure: null, tries: 1 });
    const { headers, body } = received[0]!;
    expect(JSON.parse(body)).toEqual({ ...MESSAGE.body, sent_at: "2026-10-06T02:00:00.000Z" });
    expect(headers["content-type"]).toMatch(/^application\/json/);
    const timestamp = headers["x-aperture-ledger-timestamp"];
    expect(timestamp).toBe(String(Date.parse("2026-10-06T02:00:00Z") / 1000));
    const expected = createHmac("sha256", "the shared secret").update(`${String(timestamp)}.`).update(body).digest("hex");
    expect(headers["x-aperture-ledger-signature"]).toBe(`sha256=${expected}`);
  });

  test("without a secret gets no signature", async () => {
    const { url, received } = await startReceiver();
    await sendMessage(MESSAGE, webhook(url), testTools(), never);
    expect(received[0]?.headers).not.toHaveProperty("x-aperture-ledger-signature");
  });

  test("whose secret or url is not in the environment is not called, and the failure says which", async () => {
    const { url, received } = await startReceiver();
    const tools = testTools({ env: { EMPTY: "", ODD: "ftp://example.com", KNOWING: "http://user:pass@example.com/" } });
    const sent = async (target: ReceivingTarget): Promise<unknown> => await sendMessage(MESSAGE, target, tools, never);
    expect(await sent(webhook(url, { secretEnv: "EMPTY" }))).toEqual({ failure: "secret_missing", tries: 1 });
    expect(await sent(webhook("", { url: undefined, urlEnv: "NONE" }))).toEqual({ failure: "url_missing", tries: 1 });
    expect(await sent(webhook("", { url: undefined, urlEnv: "ODD" }))).toEqual({ failure: "url_invalid", tries: 1 });
    expect(await sent(webhook("", { url: undefined, urlEnv: "KNOWING" }))).toEqual({ failure: "url_invalid", tries: 1 });
    expect(received).toEqual([]);
  });
});

describe("a receiver that does not do as it should", () => {
  test.each<[Behaviour, string | RegExp]>([
    [500, "http_500"],
    [429, "http_429"],
    ["hang", "timeout"],
    ["close", /^UND_ERR_SOCKET$|^ECONNRESET$/],
  ])("(%s) is tried three times with longer and longer pauses", async (behaviour, failure) => {
    const { url, received } = await startReceiver(() => behaviour);
    const tools = testTools();
    const target = webhook(url, behaviour === "hang" ? { timeoutMilliseconds: 200 } : {});
    expect(await sendMessage(MESSAGE, target, tools, never)).toEqual({ failure: expect.stringMatching(failure) as string, tries: 3 });
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ body }) => (JSON.parse(body) as { id: string }).id))).toEqual(new Set(["payments/2026-10/80"]));
    expect(tools.pauses).toEqual([375, 750]);
  });

  test.each<[Behaviour, string]>([
    [404, "http_404"],
    ["redirect", "http_302"],
  ])("(%s) is asked once: it would say the same again, and a redirect is not followed", async (behaviour, failure) => {
    const { url, received } = await startReceiver(() => behaviour);
    expect(await sendMessage(MESSAGE, webhook(url), testTools(), never)).toEqual({ failure, tries: 1 });
    expect(received.map(({ path }) => path)).toEqual(["/hook"]);
  });

  test.each<Behaviour>(["endless", "silent body"])("(%s) has taken the message all the same: the answer's body is not waited for", async (behaviour) => {
    const { url } = await startReceiver(() => behaviour);
    expect(await sendMessage(MESSAGE, webhook(url), testTools(), never)).toEqual({ failure: null, tries: 1 });
  });

  test("at first is sent the message again, and gets it", async () => {
    const { url, received } = await startReceiver((count) => (count === 0 ? 503 : count === 1 ? "close" : 204));
    expect(await sendMessage(MESSAGE, webhook(url), testTools(), never)).toEqual({ failure: null, tries: 3 });
    expect(received).toHaveLength(3);
  });

  test("is not there at all", async () => {
    expect(await sendMessage(MESSAGE, webhook(await closedUrl()), testTools(), never)).toEqual({ failure: "ECONNREFUSED", tries: 3 });
  });

  test("is left when the time for everything is over", async () => {
    const { url, received } = await startReceiver(() => "hang");
    const over = new AbortController();
    const sending = sendMessage(MESSAGE, webhook(url, { timeoutMilliseconds: 60_000 }), testTools(), over.signal);
    await expect.poll(() => received.length).toBe(1);
    over.abort();
    expect(await sending).toEqual({ failure: "out_of_time", tries: 1 });
    expect(await sendMessage(MESSAGE, webhook(url), testTools(), over.signal)).toEqual({ failure: "out_of_time", tries: 0 });
    expect(received).toHaveLength(1);
  });
});

test("standard output gets one line of JSON, whatever the alert says", async () => {
  const tools = testTools();
  const message = { ...MESSAGE, body: { ...MESSAGE.body, title: "two\nlines" } };
  expect(await sendMessage(message, { name: "log", kind: "stdout" }, tools, never)).toEqual({ failure: null, tries: 1 });
  expect(tools.printed.map((line) => [line.includes("\n"), (JSON.parse(line) as { title: string }).title])).toEqual([[false, "two\nlines"]]);
});

describe("Slack", () => {
  async function textOf(title: string, lines: string[] = []): Promise<string> {
    const { url, received } = await startReceiver();
    const tools = testTools({ env: { SLACK_URL: url } });
    const target: ReceivingTarget = { name: "chat", kind: "slack", urlEnv: "SLACK_URL", timeoutMilliseconds: 30_000 };
    expect(await sendMessage({ ...MESSAGE, title, lines }, target, tools, never)).toEqual({ failure: null, tries: 1 });
    return (JSON.parse(received[0]!.body) as { text: string }).text;
  }

  test("gets title and lines, in which nothing from outside is a link or a mention", async () => {
    const text = await textOf("R&D <!channel> <https://evil.example|click>", ["@here alice@example.com & @Channel", "@hereby"]);
    expect(text).toBe(
      "R&amp;D &lt;!channel&gt; &lt;https://evil.example|click&gt;\n@\u200Bhere alice@example.com &amp; @\u200BChannel\n@hereby",
    );
  });

  test("gets long names shortened, so that who, how much and where to look stay in sight", async () => {
    const model = "🦊".repeat(30_000);
    const text = await textOf(`Models: ${model} $3.00`, [`Top callers: ${"x y ".repeat(15_000)}$4.00.`, "Where to look: aperture-ledger limits"]);
    const [title, callers, where] = text.split("\n");
    expect(title).toBe(`Models: ${"🦊".repeat(79)}… $3.00`);
    expect(callers).toMatch(/^Top callers: [xy ]+…[xy ]+ \$4\.00\.$/);
    expect([Array.from(callers!).length, where]).toEqual([600, "Where to look: aperture-ledger limits"]);
  });

  test("gets no lines that a name forged, and no more than it takes", async () => {
    expect(await textOf("a\nWhere to look: elsewhere\u0000\u2028b")).toBe("a Where to look: elsewhere b");
    const long = await textOf("&".repeat(50_000));
    expect(long).toMatch(/^(?:&amp;)+…$/);
    expect(long.length).toBeLessThan(40_000);
  });
});
