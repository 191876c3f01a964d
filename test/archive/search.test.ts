import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Hit } from "../../src/archive/search-archive.ts";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call, type CallResult } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { archiveRecords, type PlainRecord, recordOf } from "./archived-records.ts";
import { sealCopies } from "./sealed-at-once.ts";

const PAIR = generateKeys();

interface Searching {
  folder: string;
  search: (...args: string[]) => Promise<CallResult & { hits: Hit[] }>;
}

/** An archive with an export of these records for each list, sealed, and the search over it. */
async function searchable(...exports: PlainRecord[][]): Promise<Searching> {
  const folder = temporaryFolder();
  const archive = new FsStore(folder);
  for (const [index, records] of exports.entries()) await archiveRecords(archive, "prod", index, records);
  await sealCopies(archive, readSigningKey(PAIR.privateKey, "the test's key"), "2026-10-06");
  return {
    folder,
    search: async (...args) => {
      const result = await call(["archive", "search", "--lake", folder, "--scan", "--json", "--reason", "case 17", "--by", "kim@corp.example", ...args], { env: { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey }, at: "2026-10-07T09:00:00Z" });
      return { ...result, hits: result.code === 0 ? result.stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Hit) : [] };
    },
  };
}

function saying(id: number, question: string, answer: string, changes: Record<string, unknown> = {}): PlainRecord {
  const messages = [{ role: "user", content: question }];
  return recordOf(id, "alice@example.com", { session_id: "s-1", status_code: 200, capture: { requestBody: { messages }, responseBody: { role: "assistant", content: [{ type: "text", text: answer }] } }, ...changes });
}

/** Each escapes, encodes or divides the text `é "Nightjar"` in its own way. */
const HIDING: readonly [what: string, capture: Record<string, unknown>][] = [
  ["parsed JSON", { requestBody: { messages: [{ role: "user", content: 'say é "NightJar" now' }] } }],
  ["escaped JSON", { rawRequestBody: Buffer.from(String.raw`{"messages":[{"role":"user","content":"say \u00e9 \"NightJar\" now"}]}`) }],
  ["a streamed answer", { rawResponseBody: Buffer.from(['é \\"Nig', 'htJar\\" now'].map((text) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`).join("")) }],
  ["a compressed body", { rawRequestBody: gzipSync(Buffer.from(JSON.stringify({ messages: [{ role: "user", content: 'é "nightjar"' }] }))) }],
  ["arguments of a tool", { responseBody: { choices: [{ message: { role: "assistant", tool_calls: [{ type: "function", function: { name: "find", arguments: JSON.stringify({ q: 'é "Nightjar"' }) } }] } }] } }],
  ["a text that lies over pieces of the file", { requestBody: { messages: [{ role: "user", content: `${"x".repeat(1_048_400)} é "Nightjar"${"y".repeat(1000)}` }] } }],
];

test("a text is found in any letter case however a body encodes it, and each hit says where and how to prove it", async () => {
  const { search, folder } = await searchable(HIDING.map(([, capture], index) => recordOf(index + 1, "alice@example.com", { capture, status_code: 200, session_id: `s-${String(index)}` })));
  const { hits, stderr } = await search("--text", 'É "nightjar"');
  expect(hits.map(({ position }) => HIDING[position]?.[0])).toEqual(HIDING.map(([what]) => what));
  expect(hits[4]).toMatchObject({ caller: "alice@example.com", session: "s-4", capture: "cap-5", status: 200, digest: "2026-10-06", position: 4, place: { side: "response", message: 1, role: "assistant", kind: "tool call", tool: "find" } });
  expect(hits.every(({ snippet }) => /é "nightjar"/i.test(snippet ?? "") && snippet!.length < 250)).toBe(true);
  expect(stderr).toContain("matches: 6, exports opened: 1, records searched: 6");

  const proofs = join(temporaryFolder(), "proofs.json");
  const key = join(temporaryFolder(), "public.pem");
  writeFileSync(key, PAIR.publicKey);
  expect((await search("--regex", "(?i)n[a-z]+jar", "--proofs", proofs)).hits).toHaveLength(6);
  const [hit] = hits;
  const proven = await call(["archive", "verify-proof", "--public-key", key, "--proofs", proofs, "--object", join(folder, hit!.object)]);
  expect(proven).toMatchObject({ code: 0 });
  expect(readFileSync(proofs, "utf8")).toContain(hit!.sha256);
});

test("a match in repeated history is shown once, and again with --repeats", async () => {
  const history = [{ role: "user", content: "about nightjars" }, { role: "assistant", content: "Nightjars sleep" }, { role: "user", content: "thanks" }];
  const { search } = await searchable([saying(1, "about nightjars", "Nightjars sleep")], [recordOf(2, "alice@example.com", { session_id: "s-1", capture: { requestBody: { messages: history }, responseBody: { role: "assistant", content: "welcome" } } })]);
  const once = await search("--text", "nightjar");
  expect(once.hits.map(({ position, place, object }) => [object.slice(-24, -11), position, place?.role])).toEqual([[expect.any(String), 0, "user"], [expect.any(String), 0, "assistant"]]);
  expect(new Set(once.hits.map(({ object }) => object)).size).toBe(1);
  expect(once.stderr).toContain("2 matches are repetitions");
  expect((await search("--text", "nightjar", "--repeats")).hits).toHaveLength(4);
});

test("records are found by tool, model, status, caller and time, and only copies of the span are opened", async () => {
  const bash = { toolUseData: [{ name: "Bash", params: {} }, { name: "mcp__github__create_issue", params: {} }] };
  const { search } = await searchable(
    [saying(1, "a", "b", { capture: bash }), saying(2, "a", "b", { status_code: 429, model: "openai/gpt-5" })],
    [saying(3, "a", "b", { identity: { login_name: "bob@example.com" }, timestamp: "2026-10-05T01:30:00Z" })],
    [saying(4, "a", "b", { timestamp: "2026-10-05T02:30:00Z" })],
  );
  const found = async (...args: string[]): Promise<number[]> => (await search(...args)).hits.map(({ capture }) => Number(capture?.slice(4)));
  expect(await found("--tool", "Bash")).toEqual([1]);
  expect(await found("--tool", "create_*")).toEqual([1]);
  expect(await found("--model", "gpt-*")).toEqual([2]);
  expect(await found("--status", "4xx")).toEqual([2]);
  expect(await found("--status", "200", "--caller", "BOB@example.com")).toEqual([3]);
  expect(await found("--status", "200", "--from", "2026-10-05T02:00:00Z", "--to", "2026-10-05T03:00:00Z")).toEqual([4]);
  expect((await search("--status", "200", "--from", "2026-10-07")).stderr).toContain("exports opened: 0");
});

test("what the copies do not hold is not found, and the summary says how many hold no conversation", async () => {
  const { search } = await searchable([recordOf(1, "alice@example.com", { capture: { requestBody: null, responseBody: { usage: { service_tier: "batch" } } } })], [saying(2, "nightjar", "b")]);
  const { hits, stderr } = await search("--text", "nightjar");
  expect(hits).toHaveLength(1);
  expect(stderr).toContain("1 of the exports have no conversation");
});

test("the chain has who searched and why before anything is shown, and neither what was searched nor whose records", async () => {
  const { search, folder } = await searchable([saying(1, "the nightjar plan", "b")]);
  expect((await search("--text", "nightjar", "--caller", "alice@example.com", "--session", "s-1", "--from", "2026-10-01")).hits).toHaveLength(1);
  const names = readdirSync(join(folder, "archive/prod/_events"));
  expect(names.filter((name) => name.includes("-search-"))).toHaveLength(1);
  const event = readFileSync(join(folder, "archive/prod/_events", names[0]!), "utf8");
  expect(JSON.parse(event)).toMatchObject({ header: { kind: "search", by: "kim@corp.example", known: "command", reason: "case 17", criteria: ["caller", "session", "text"], from: "2026-10-01T00:00:00.000Z", to: null } });
  for (const secret of ["nightjar", "alice", "s-1"]) expect(event).not.toContain(secret);
  const verified = JSON.parse((await call(["archive", "verify", "--lake", folder, "--json"], { env: { APERTURE_LEDGER_SIGNING_KEY: PAIR.privateKey }, at: "2026-10-07T10:00:00Z" })).stdout) as { findings: { key: string }[]; notes: { text: string }[] };
  expect(verified.findings.filter(({ key }) => key.includes("_events"))).toEqual([]);
  expect(verified.notes.map(({ text }) => text)).toContain("kim@corp.example searched the copies from 2026-10-01T00:00:00.000Z to the end, by caller, session, text, at 2026-10-07T09:00:00.000Z: case 17");
});

const REFUSALS: readonly [args: string[], message: RegExp][] = [
  [[], /nothing to look for is given/],
  [["--text", " "], /--text is empty/],
  [["--text", "a", "--regex", "b"], /--text and --regex are both given/],
  [["--regex", "(a"], /is not a pattern/],
  [["--regex", "(?=a)"], /is not a pattern/],
  [["--regex", "a*"], /matches the empty text/],
  [["--status", "many"], /is not a status/],
  [["--text", "case 17"], /the reason contains the given text/],
  [["--text", "x", "--instance", "nobody"], /there is no gateway "nobody"/],
];

test("a search that is refused records nothing", async () => {
  const { search, folder } = await searchable([saying(1, "a", "b")]);
  for (const [args, message] of REFUSALS) {
    const { code, stdout, stderr } = await search(...args);
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  }
  const unsigned = await call(["archive", "search", "--lake", folder, "--scan", "--text", "a", "--reason", "case 17"]);
  expect([unsigned.code, unsigned.stdout]).toEqual([2, ""]);
  expect(unsigned.stderr).toMatch(/no key is configured to record in it who looks/);
  expect(readdirSync(join(folder, "archive/prod"))).not.toContain("_events");
});
