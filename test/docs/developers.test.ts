import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { configSchema } from "../../src/config/config.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import { sampleRequest } from "../ingest/sample-request.ts";
import { temporaryFolder } from "../test-ledger.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/developers.md"), "utf8");
const run = promisify(execFile);

/** The first block of that language. */
function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(GUIDE)?.[1];
  if (found === undefined) throw new Error(`no ${language}`);
  return found;
}

const { dimensions } = configSchema.parse(parseYaml(block("yaml")));
const headersRead = new Set([...dimensions.values()].map((source) => (typeof source === "string" ? source : source.header)));

/** What the start script hands to the command that it starts. */
async function started(repository: { remote?: string; branch?: string } | null, env: Record<string, string> = {}): Promise<{ headers: string; repo: string; branch: string }> {
  const folder = temporaryFolder();
  const script = join(folder, "with-ledger");
  writeFileSync(script, block("sh"));
  chmodSync(script, 0o755);
  const work = join(folder, "work");
  mkdirSync(work);
  const plain = { PATH: process.env["PATH"], HOME: folder, GIT_CEILING_DIRECTORIES: folder, GIT_CONFIG_NOSYSTEM: "1" };
  if (repository !== null) {
    await run("git", ["init", "--quiet", "--initial-branch", repository.branch ?? "main", work], { env: plain });
    if (repository.remote !== undefined) await run("git", ["-C", work, "remote", "add", "origin", repository.remote], { env: plain });
  }
  const print = "for (const name of ['ANTHROPIC_CUSTOM_HEADERS', 'LEDGER_REPOSITORY', 'LEDGER_BRANCH']) process.env[name] = process.env[name] ?? ''; console.log(JSON.stringify(process.env))";
  const { stdout } = await run(script, [process.execPath, "-e", print], { cwd: work, env: { ...plain, ...env } });
  const { ANTHROPIC_CUSTOM_HEADERS: headers = "", LEDGER_REPOSITORY: repo = "", LEDGER_BRANCH: branch = "" } = JSON.parse(stdout) as Record<string, string>;
  return { headers, repo, branch };
}

describe("the start script of the guide for developers", () => {
  test.each([
    ["https://ann:token@git.example.com/acme/web.git", "acme/web"],
    ["https://token@git.example.com/web", "web"],
    ["git@git.example.com:acme/web.git", "acme/web"],
    ["ssh://git@git.example.com:2222/acme/web", "acme/web"],
    ["HTTPS://token@git.example.com/acme/web.git/", "acme/web"],
    ["git@git.example.com:/acme/web.git", "acme/web"],
  ])("sends of the address %s only the repository", async (remote, repo) => {
    const sent = await started({ remote, branch: "feature/ABC-123-retry" });
    expect(sent).toEqual({ headers: `X-Git-Repository: ${repo}\nX-Git-Branch: feature/ABC-123-retry`, repo, branch: "feature/ABC-123-retry" });
  });

  test("puts a ticket that is given in front of the branch, and lets neither begin another header", async () => {
    expect(await started({ branch: "fix" }, { TICKET: "ABC-7" })).toMatchObject({ headers: "X-Git-Branch: ABC-7/fix", branch: "ABC-7/fix" });
    expect((await started({ branch: "fix" }, { TICKET: "ABC-7\nAuthorization: x" })).headers).toBe("X-Git-Branch: ABC-7Authorizationx/fix");
  });

  test("adds to headers that are there, and sends nothing of its own outside of a repository", async () => {
    expect((await started({ branch: "fix" }, { ANTHROPIC_CUSTOM_HEADERS: "X-Cost-Center: 4711" })).headers).toBe("X-Cost-Center: 4711\nX-Git-Branch: fix");
    expect(await started(null, { ANTHROPIC_CUSTOM_HEADERS: "X-Cost-Center: 4711" })).toEqual({ headers: "X-Cost-Center: 4711", repo: "", branch: "" });
  });

  test("sends what the ledger of the guide takes repository, branch and ticket from", async () => {
    const { headers } = await started({ remote: "git@git.example.com:acme/web.git", branch: "feature/ABC-123-retry" });
    const sent = Object.fromEntries(headers.split("\n").map((line): [string, string] => [line.split(": ")[0]?.toLowerCase() ?? "", line.split(": ")[1] ?? ""]));
    expect(normaliser("export", { instance: "prod", gateway: [], dimensions })(sampleRequest({ headers: sent })).dimensions).toEqual({ branch: "feature/ABC-123-retry", repo: "acme/web", ticket: "ABC-123" });
  });
});

test("the guide's settings of Claude Code and Codex send headers that its ledger reads", () => {
  const { env } = JSON.parse(block("json")) as { env: Record<string, string> };
  expect(headersRead).toContain(env["ANTHROPIC_CUSTOM_HEADERS"]?.split(": ")[0]);
  expect(env["ANTHROPIC_BASE_URL"]).toMatch(/^http:\/\//);
  const codex = block("toml");
  const variables = [.../^env_http_headers = \{ (.*) \}$/m.exec(codex)?.[1]?.matchAll(/"([^"]+)" = "([^"]+)"/g) ?? []].map(([, header, variable]) => ({ header, variable }));
  expect(new Set(variables.map(({ header }) => header))).toEqual(headersRead);
  for (const { variable } of variables) expect(block("sh")).toContain(`${variable ?? ""}=`);
  expect(codex).toMatch(/^wire_api = "responses"$/m);
});
