import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { withWorkspace } from "../../storage/workspace.ts";
import { fileOfHead, type Head, type HeadPlace, otherHead, textOfHead } from "./head.ts";

export interface GitRemote {
  /** As `git clone` takes it. */
  remote: string;
  branch: string;
}

const run = promisify(execFile);
const MILLISECONDS = 60_000;
const AUTHOR = { GIT_AUTHOR_NAME: "aperture-ledger", GIT_AUTHOR_EMAIL: "aperture-ledger@localhost", GIT_COMMITTER_NAME: "aperture-ledger", GIT_COMMITTER_EMAIL: "aperture-ledger@localhost" };
/** Nobody is there to answer a question, and a remote must not name a program. */
const UNATTENDED = { GIT_TERMINAL_PROMPT: "0", GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh" };
/** How the user reaches remotes is left alone. */
const USUAL = { GIT_SSH_COMMAND: "ssh -o BatchMode=yes" };
/** Set where this program runs inside a hook of git: git would work on that repository. */
const OTHER_REPOSITORY = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"];

/** A git repository. Commits heads to a branch, one commit for each time, and pushes without force. Needs `git` and its credentials. */
export function gitPlace({ remote, branch }: GitRemote): HeadPlace {
  return {
    name: `git ${remote}`,
    post: async (heads) => {
      await withWorkspace(async (workspace) => {
        const folder = join(workspace, "heads");
        await git(workspace, "init", "--quiet", "--initial-branch", branch, folder);
        await git(folder, "remote", "add", "origin", remote);
        if (await hasBranch(folder, branch)) {
          await git(folder, "fetch", "--quiet", "--depth", "1", "origin", branch);
          await git(folder, "reset", "--quiet", "--hard", "FETCH_HEAD");
        }
        for (const head of heads) await writeHead(folder, head);
        await git(folder, "add", "--all");
        if ((await git(folder, "status", "--porcelain")) === "") return;
        await git(folder, "commit", "--quiet", "--no-gpg-sign", "--message", titleOf(heads));
        await git(folder, "push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
      });
    },
  };
}

async function hasBranch(folder: string, branch: string): Promise<boolean> {
  return (await git(folder, "ls-remote", "origin", `refs/heads/${branch}`)) !== "";
}

async function writeHead(folder: string, head: Head): Promise<void> {
  const [file, text] = [join(folder, fileOfHead(head)), textOfHead(head)];
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined && !known.equals(text)) throw otherHead(head);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function titleOf(heads: readonly Head[]): string {
  return heads.map(({ instance, date, sha256 }) => `${instance} ${date} ${sha256}`).join("\n");
}

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHER_REPOSITORY.includes(name)));
  return { ...USUAL, ...inherited, ...AUTHOR, ...UNATTENDED };
}

/** Resolves to what git prints. The error says what git said last, and no address, which may contain a secret. */
async function git(folder: string, command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run("git", ["-C", folder, command, ...args], { timeout: MILLISECONDS, env: environment() });
    return stdout.trim();
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n").at(-1) : undefined;
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new Error(missing ? "git is not installed" : `git ${command} failed: ${(said ?? "").replaceAll(/\S*:\/\/\S*/g, "(address)").slice(0, 200)}`, { cause });
  }
}
