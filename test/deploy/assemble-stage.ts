import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { ROOT } from "./compose-file.ts";
import { contextFilter } from "./docker-ignore.ts";
import type { Dockerfile, Instruction } from "./dockerfile.ts";
import { runProgram } from "./processes.ts";

const RUN_SECONDS = 240;

/** A stage as far as it can be made without an engine. Users and the base image's own files are left out. */
export interface Assembled {
  /** Folder that stands for the root of its file system. */
  root: string;
  workdir: string;
  entrypoint: string[];
  user: string;
  /** Of its own ENV instructions. */
  env: Record<string, string>;
}

/** Does without a network what the beginning of a script says, and returns the rest of the script. */
export type Stand = (script: string, cwd: string) => Promise<string>;

/**
 * Does what a stage's instructions say in a folder of its own. RUN happens where `stand` is given; it has to keep to
 * relative paths and to TMPDIR, as the stage `build` does.
 */
export async function assembleStage(file: Dockerfile, name: string, done: Map<string, Assembled>, root: string, stand?: Stand): Promise<Assembled> {
  const stage = file.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  const made: Assembled = { root, workdir: "/", entrypoint: [], user: "root", env: {} };
  mkdirSync(root, { recursive: true });
  for (const instruction of stage.instructions) {
    const { keyword, words, text } = instruction;
    if (keyword === "WORKDIR") {
      made.workdir = posix.resolve(made.workdir, text);
      mkdirSync(join(root, made.workdir), { recursive: true });
    } else if (keyword === "COPY") await copy(instruction, made, done);
    else if (keyword === "ENV") Object.assign(made.env, Object.fromEntries(words.map((word) => splitAt(word, "="))));
    else if (keyword === "USER") made.user = text;
    else if (keyword === "ENTRYPOINT") made.entrypoint = words;
    else if (keyword === "RUN" && stand !== undefined) {
      const cwd = join(root, made.workdir);
      await runShell(await stand(text, cwd), cwd, made.env);
    }
  }
  done.set(name, made);
  return made;
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

async function copy({ words, flags }: Instruction, { root, workdir }: Assembled, done: ReadonlyMap<string, Assembled>): Promise<void> {
  const from = flags["from"];
  const origin = from === undefined ? ROOT : done.get(from)?.root;
  if (origin === undefined) throw new Error(`COPY --from=${from} before ${from} is assembled`);
  const reaches = from === undefined ? contextFilter(readFileSync(join(ROOT, ".dockerignore"), "utf8")) : () => true;
  const target = words.at(-1) ?? "";
  const sources = words.slice(0, -1);
  for (const source of sources) {
    const path = posix.normalize(source).replaceAll(/^\/|\/$/g, "");
    if (!reaches(path) || !existsSync(join(origin, path))) throw new Error(`COPY ${source}: not in the build context`);
    const place = join(root, posix.resolve(workdir, target));
    // A folder's contents are copied, a file goes into the folder that a trailing slash marks.
    const goal = statSync(join(origin, path)).isDirectory() || !target.endsWith("/") ? place : join(place, posix.basename(path));
    mkdirSync(dirname(goal), { recursive: true });
    if (from !== undefined) {
      // Links, since copies of thousands of files take seconds, and no stage changes another's.
      await mustRun("cp", ["-alT", join(origin, path), goal]);
      continue;
    }
    const filter = (file: string): boolean => reaches(posix.relative(origin, file));
    cpSync(join(origin, path), goal, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
  }
}

async function runShell(script: string, cwd: string, env: Record<string, string>): Promise<void> {
  await mustRun("/bin/sh", ["-e", "-c", script], { cwd, env: { ...buildEnvironment(), ...env } });
}

async function mustRun(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<void> {
  const { code, stdout, stderr } = await runProgram(program, args, { ...options, timeout: RUN_SECONDS * 1000 });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}\nended with ${code}:\n${stdout}\n${stderr}`);
}

/** Of the tests' environment only what programs need; `node` is the image's. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(HOME|TMPDIR)$/.test(name));
  const path = [dirname(process.execPath), ...(process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"))];
  return { ...Object.fromEntries(kept), PATH: path.join(":") };
}

/** Every file below some folders with what would change if it were written. */
export function snapshot(...folders: string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))) {
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    files.set(path, `${entry.isDirectory() ? "folder" : size} ${mtimeMs}`);
  }
  return files;
}
