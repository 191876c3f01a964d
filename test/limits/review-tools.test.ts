import { join } from "node:path";
import { expect, test } from "vitest";
import { describeTools, toolsJson } from "../../src/cli/commands/describe-tools.ts";
import { reviewTools, type ToolUse } from "../../src/limits/access/review-tools.ts";
import { findSentSecrets } from "../../src/limits/find-sent-secrets.ts";
import { reviewMonthTools } from "../../src/limits/review-month-tools.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { changeLedger } from "../change-ledger.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const OCTOBER = boundMonth("2026-10", "UTC");
/** Keys that open nothing. */
const ANTHROPIC_KEY = "sk-ant-api03-abcdefghijklmnopqrstuv";
const GITHUB_TOKEN = `ghp_${"x1".repeat(18)}`;

const use = (of: Partial<ToolUse>): ToolUse => ({ day: "2026-10-05", instance: "prod", caller: ANN, server: null, tool: "Bash", calls: 1, ...of });

test("tools are new that nobody called at the gateway in the period before", () => {
  const used = [use({}), use({ caller: BOB, tool: "Edit", day: "2026-10-07" }), use({ tool: "Edit", calls: 4 }), use({ instance: "lab" }), use({ server: "github" })];
  const { fresh } = reviewTools(used, [use({ caller: BOB, day: "2026-09-30" })], undefined);
  expect(fresh).toEqual([
    { instance: "prod", server: null, tools: ["Edit"], callers: [ANN, BOB], calls: 5, first: "2026-10-05", last: "2026-10-07" },
    { instance: "lab", server: null, tools: ["Bash"], callers: [ANN], calls: 1, first: "2026-10-05", last: "2026-10-05" },
    { instance: "prod", server: "github", tools: ["Bash"], callers: [ANN], calls: 1, first: "2026-10-05", last: "2026-10-05" },
  ]);
  expect(reviewTools(used, null, undefined)).toEqual({ fresh: null, unapproved: null });
});

test("servers are approved by name or pattern, and a client's own tools have none", () => {
  const used = [use({}), use({ server: "github", tool: "a" }), use({ server: "linear-eu", tool: "b" }), use({ server: "evil", tool: "c" }), use({ server: "evil", tool: "d", calls: 2, caller: BOB })];
  expect(reviewTools(used, [], ["github", "linear-*"]).unapproved).toEqual([{ instance: "prod", server: "evil", tools: ["c", "d"], callers: [ANN, BOB], calls: 3, first: "2026-10-05", last: "2026-10-05" }]);
  expect(reviewTools(used, [], []).unapproved?.map(({ server }) => server)).toEqual(["evil", "github", "linear-eu"]);
});

const ask = (prompt: string): unknown => ({ messages: [{ role: "user", content: [{ type: "text", text: prompt }] }] });

const REQUESTS: readonly Asked[] = [
  { by: ANN, at: "2026-09-30T12:00:00Z", tools: ["Bash"], asked: ask(`of september ${ANTHROPIC_KEY}`) },
  { by: ANN, at: "2026-10-05T12:00:00Z", tools: ["Bash", "mcp__github__create_issue"], asked: ask(`my key is ${ANTHROPIC_KEY}, and ${ANTHROPIC_KEY} again`) },
  { by: ANN, at: "2026-10-05T13:00:00Z", asked: ask(`mail ${BOB}, token ${GITHUB_TOKEN} and key ${ANTHROPIC_KEY}`) },
  { by: BOB, at: "2026-10-06T12:00:00Z", asked: ask("no secret at all"), answered: { content: [{ text: `an answer with ${ANTHROPIC_KEY}` }] } },
];

async function withReview(bodies: "keep" | "redact" | "drop", pseudonymOf?: (login: string) => string | undefined) {
  const folder = temporaryFolder();
  writeRequests(join(folder, "exports"), REQUESTS);
  const lake = new FsStore(join(folder, "lake"));
  const plain = testLedger(new FsStore(join(folder, "exports")), lake);
  const ledger = changeLedger(plain, { work: { archiving: { ...plain.work.archiving, bodies: bodies === "redact" ? { kept: bodies, patterns: [{ name: "project", pattern: "september" }] } : { kept: bodies } } } });
  await runOnce(ledger);
  const archive = { archive: ledger.stores.archive, patterns: [{ name: "project", pattern: "my key" }], pseudonymOf };
  return { tools: await reviewMonthTools(lake, OCTOBER, ["linear"]), secrets: await findSentSecrets(lake, archive, OCTOBER, ledger.telling.progress) };
}

const SENT = [
  { instance: "prod", kind: "api_key", caller: ANN, requests: 2, captures: ["capture-2026-10-05-0", "capture-2026-10-05-1"], first: new Date("2026-10-05T12:00:00Z"), last: new Date("2026-10-05T13:00:00Z") },
  { instance: "prod", kind: "github_token", caller: ANN, requests: 1, captures: ["capture-2026-10-05-1"], first: new Date("2026-10-05T13:00:00Z"), last: new Date("2026-10-05T13:00:00Z") },
];

test("secrets that went out are told by kind, caller and capture, and never themselves", async () => {
  const { tools, secrets } = await withReview("keep");
  const project = { instance: "prod", kind: "project", caller: ANN, requests: 1, captures: ["capture-2026-10-05-0"], first: SENT[0]?.first, last: SENT[0]?.first };
  expect(secrets).toEqual({ sent: [SENT[0], SENT[1], project], looked: 2, withoutBodies: 0 });
  const said = [...describeTools(tools, secrets, false), JSON.stringify(toolsJson(tools, secrets))].join("\n");
  for (const secret of [ANTHROPIC_KEY, GITHUB_TOKEN, "sk-ant", "ghp_"]) expect(said).not.toContain(secret);
  expect(describeTools(tools, secrets, false)).toEqual([
    "",
    "new tools    github: create_issue at prod, 1 call by ann@example.com, on 2026-10-05",
    "servers      github: create_issue at prod, 1 call by ann@example.com, on 2026-10-05; not approved",
    "secrets      2 exports looked through",
    "secrets      api_key, ann@example.com at prod, 2 requests, 2026-10-05T12:00:00.000Z to 2026-10-05T13:00:00.000Z: capture-2026-10-05-0, capture-2026-10-05-1",
    "secrets      github_token, ann@example.com at prod, 1 request, 2026-10-05T13:00:00.000Z to 2026-10-05T13:00:00.000Z: capture-2026-10-05-1",
    "secrets      project, ann@example.com at prod, 1 request, 2026-10-05T12:00:00.000Z to 2026-10-05T12:00:00.000Z: capture-2026-10-05-0",
  ]);
});

test("in copies whose secrets were replaced their marks are found, and copies without bodies are said to be blind", async () => {
  const redacted = await withReview("redact");
  expect(redacted.secrets.sent).toEqual(SENT);
  const dropped = await withReview("drop");
  expect(dropped.secrets).toEqual({ sent: [], looked: 0, withoutBodies: 2 });
  // Names of tools outlive the bodies.
  expect(dropped.tools).toEqual(redacted.tools);
  expect(dropped.tools.fresh).toHaveLength(1);
});

test("an erased caller is named by the pseudonym, also where a locked copy still has the login", async () => {
  const { secrets } = await withReview("keep", (login) => (login === ANN ? "erased-0123456789abcdef" : undefined));
  expect(secrets.sent.map(({ kind, caller, requests }) => [kind, caller, requests])).toEqual([["api_key", "erased-0123456789abcdef", 2], ["github_token", "erased-0123456789abcdef", 1], ["project", "erased-0123456789abcdef", 1]]);
});

test("of a closed month the tools are said to be those of the tables now", () => {
  const [, line] = describeTools({ fresh: [], unapproved: [] }, undefined, true);
  expect(line).toBe("tools        of the tables and copies as they are now: a close does not keep which tools were called");
});
