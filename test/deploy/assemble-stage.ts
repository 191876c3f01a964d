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
}

/**
 * Does what a stage's instructions say in a folder of its own. RUN happens where `runs` says so; it has to keep to
 * relative paths and to TMPDIR, as the stage `build` does.
 */
export async function assembleStage(file: Dockerfile, name: string, done: Map<string, Assembled>, root: string, runs: boolean): Promise<Assembled> {
  const stage = file.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  const made: Assembled = { root, workdir: "/", entrypoint: [], user: "root" };
  mkdirSync(root, { recursive: true });
  for (const instruction of stage.instructions) {
    const { keyword, words, text } = instruction;
    if (keyword === "WORKDIR") {
      made.workdir = posix.resolve(made.workdir, text);
      mkdirSync(join(root, made.workdir), { recursive: true });
    } else if (keyword === "COPY") copy(instruction, made, done);
    else if (keyword === "USER") made.user = text;
    else if (keyword === "ENTRYPOINT") made.entrypoint = words;
    else if (keyword === "RUN" && runs) await runShell(text, join(root, made.workdir));
  }
  done.set(name, made);
  return made;
}

function copy({ words, flags }: Instruction, { root, workdir }: Assembled, done: ReadonlyMap<string, Assembled>): void {
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
    const filter = (file: string): boolean => reaches(posix.relative(origin, file));
    cpSync(join(origin, path), goal, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
  }
}

async function runShell(script: string, cwd: string): Promise<void> {
  const { code, stdout, stderr } = await runProgram("/bin/sh", ["-e", "-c", script], { cwd, env: buildEnvironment(), timeout: RUN_SECONDS * 1000 });
  if (code !== 0) throw new Error(`RUN ${script}\nended with ${code}:\n${stdout}\n${stderr}`);
}

/** Of an `npm run` around the tests only what says where packages come from; `node` is the image's. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(HOME|TMPDIR|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|(https?|no)_proxy|npm_config_(cache|registry|userconfig|cafile))$/i.test(name),
  );
  const path = [dirname(process.execPath), ...(process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"))];
  return { ...Object.fromEntries(kept), PATH: path.join(":"), npm_config_prefer_offline: "true" };
}

/** Every file below a folder with what would change if it were written. */
export function snapshot(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    files.set(path, `${entry.isDirectory() ? "folder" : size} ${mtimeMs}`);
  }
  return files;
}
