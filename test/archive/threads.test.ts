import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { archiveRecords, type PlainRecord, recordOf } from "./archived-records.ts";

const EVIL = '<script>alert(1)</script><img src="https://evil.example/x.png"> \u202Eevil\nFrom here on: café 😀';

interface Said {
  role: string;
  content: unknown;
}

const SYSTEM = "You are helpful.";
const QUESTION: Said = { role: "user", content: EVIL };
const CALL = { type: "tool_use", id: "t", name: "Bash", input: { command: "ls -la" } };
const RESULT: Said = { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "a.txt" }] };

function asked(id: number, messages: Said[], answer: unknown, changes: Record<string, unknown> = {}): PlainRecord {
  return recordOf(id, "alice@example.com", { session_id: "s-1", status_code: 200, capture: { requestBody: { system: SYSTEM, messages }, responseBody: answer }, ...changes });
}

/** A conversation of three requests, the second answered in a stream, and one request of another session. */
async function conversations(): Promise<string> {
  const folder = temporaryFolder();
  const archive = new FsStore(folder);
  const stream = [
    { content_block: { type: "tool_use", name: "Bash" } },
    { delta: { partial_json: '{"command":"ls' } },
    { delta: { partial_json: ' -la"}' } },
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  await archiveRecords(archive, "prod", 0, [
    asked(1, [QUESTION], { role: "assistant", content: [{ type: "text", text: "yes" }] }),
    recordOf(2, "bob@example.com", { session_id: "s-2", capture: null }),
    { ...asked(3, [QUESTION, { role: "assistant", content: "yes" }, { role: "user", content: "yes" }], null), capture: { requestBody: { system: SYSTEM, messages: [QUESTION, { role: "assistant", content: "yes" }, { role: "user", content: "yes" }] }, rawResponseBody: Buffer.from(stream) } },
  ]);
  await archiveRecords(archive, "prod", 1, [asked(4, [QUESTION, { role: "assistant", content: "yes" }, { role: "user", content: "yes" }, { role: "assistant", content: [CALL] }, RESULT], { role: "assistant", content: [{ type: "text", text: "One file." }] })]);
  return folder;
}

test("pages show a thread for each session, repeated history once, nothing that runs or loads, and the same bytes each time", async () => {
  const folder = await conversations();
  const [out, again] = [join(temporaryFolder(), "pages"), join(temporaryFolder(), "pages")];
  for (const to of [out, again]) expect(await call(["archive", "extract", "--lake", folder, "--scan", "--format", "html", "--out", to])).toMatchObject({ code: 0 });
  expect(readdirSync(out).toSorted()).toEqual(["0001.html", "0002.html", "index.html"]);
  for (const name of readdirSync(out)) expect(readFileSync(join(out, name), "utf8")).toBe(readFileSync(join(again, name), "utf8"));
  const page = readFileSync(join(out, "0001.html"), "utf8");
  const articles = page.match(/<h3>\w+<\/h3>/g)?.map((title) => title.slice(4, -5));
  expect(articles).toEqual(["system", "user", "assistant", "user", "assistant", "user", "assistant"]);
  expect(page.match(/>yes</g)).toHaveLength(2);
  expect(page).toContain("<summary>tool call Bash</summary>");
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(page).toContain("[U+202E]evil\nFrom here on: café 😀");
  expect(page).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;|Content-Security-Policy" content="default-src 'none'/);
  expect(page).not.toMatch(/<script|<img|<link|<iframe|\u202E/i);
  expect(readFileSync(join(out, "0002.html"), "utf8")).toContain("The archive has no conversation of this request.");
  expect(readFileSync(join(out, "index.html"), "utf8")).toContain('<a href="0002.html">');
});

test("a mailbox has a message a turn in one thread for each session, which a mail program reads as it was said", async () => {
  const folder = await conversations();
  const { code, stdout } = await call(["archive", "extract", "--lake", folder, "--scan", "--session", "s-1", "--format", "mbox"]);
  expect(code).toBe(0);
  const stored = stdout.split(/^From \S+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\n/m);
  expect(stored.shift()).toBe("");
  const mails: ParsedMail[] = [];
  for (const mail of stored) mails.push(await simpleParser(mail.replaceAll(/^>(>*From )/gm, "$1")));
  expect(mails.map(({ from, text }) => [from?.text.includes("alice@example.com"), text?.trim()])).toEqual([
    [true, SYSTEM], [true, EVIL.replace("\u202E", "[U+202E]")], [false, "yes"], [true, "yes"], [false, '[tool call Bash]\n{"command":"ls -la"}'], [true, "[tool result]\na.txt"], [false, "One file."],
  ]);
  expect(mails.map(({ inReplyTo }) => inReplyTo)).toEqual([undefined, ...mails.slice(0, -1).map(({ messageId }) => messageId)]);
  expect(mails.at(-1)?.references).toEqual(mails.slice(0, -1).map(({ messageId }) => messageId));
  expect(mails[2]?.from?.text).toContain("anthropic/claude-opus-4-8");
  expect(stdout).toContain(">From here on");
});

test("a folder with contents is not overwritten, and pages need one", async () => {
  const folder = await conversations();
  const out = join(temporaryFolder(), "pages");
  mkdirSync(out);
  writeFileSync(join(out, "mine.txt"), "mine");
  const refused = await call(["archive", "extract", "--lake", folder, "--scan", "--format", "html", "--out", out]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/is not empty/);
  expect(readdirSync(out)).toEqual(["mine.txt"]);
  expect((await call(["archive", "extract", "--lake", folder, "--scan", "--format", "html"])).stderr).toMatch(/--format html is given without --out/);
});
