/**
 * `npm run readme`: plays the README as a newcomer would. It clones the last commit into an empty folder, with an empty home and the machine's own
 * Node, which may be old, and calls every command of the README's shell blocks in order. It installs packages from the network, so no test calls it.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";

const REPOSITORY = join(import.meta.dirname, "../..");
/** What a newcomer answers to the questions of `init`: no gateway. */
const ANSWERS = ["exports", "prod", "lake", ""];
/** Requests of the last month to begin with, since a newcomer has a bucket with exports. */
const SIMULATE = `npm run -s ledger -- simulate --out exports --from ${format(subMonths(new Date(), 1), "yyyy-MM")}-01 --days 3 --records 300`;
const PROGRAM = "npm run -s ledger --";

interface Played {
  code: number;
  output: string;
}

const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-readme-"));
const [checkout, home] = [join(folder, "checkout"), join(folder, "home")];
const failures: string[] = [];
try {
  mkdirSync(home);
  execFileSync("git", ["clone", "--quiet", REPOSITORY, checkout]);
  for (const command of commandsOf(readFileSync(join(checkout, "README.md"), "utf8"))) {
    if (command === `${PROGRAM} init`) await playOne(SIMULATE);
    await playOne(command);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(failure);
process.exitCode = failures.length === 0 ? 0 : 1;

/** The lines of the shell blocks, without their comments. */
function commandsOf(readme: string): string[] {
  return [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.split("\n").map((line) => line.replace(/\s+#.*$/, "")).filter((line) => line !== ""));
}

async function playOne(command: string): Promise<void> {
  if (command.startsWith("duckdb ")) return console.log(`not played   ${command}: DuckDB's own shell is not part of this project`);
  const began = performance.now();
  const { code, output } = await play(command);
  const seconds = String(Math.round((performance.now() - began) / 1000));
  console.log(`${(code === 0 ? "done" : `code ${String(code)}`).padEnd(13)}${command} (${seconds} s)`);
  if (code !== 0) failures.push(`${command}\n${output.slice(-2000)}`);
}

/** Each command has a terminal, where `init` asks. What is installed for the whole machine goes into the empty home. */
async function play(command: string): Promise<Played> {
  // The installed program runs on a Node that it supports; everything before it runs on the machine's own.
  const node = command.startsWith("aperture-ledger ") ? [join(checkout, "node_modules/.bin")] : [];
  const env = { ...machineEnvironment(), HOME: home, TERM: "dumb", NO_COLOR: "1", npm_config_prefix: home, PATH: [...node, join(home, "bin"), machinePath()].join(delimiter) };
  const cwd = command.startsWith("aperture-ledger ") ? home : checkout;
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
  let [output, asked] = ["", 0];
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    output += piece;
    for (; command.endsWith(" init") && asked < output.split("? ").length - 1; asked++) child.stdin.write(`${ANSWERS[asked] ?? ""}\n`);
  });
  const code = await new Promise<number>((resolve) => child.once("close", resolve));
  return { code, output };
}

/** The machine's proxies and certificates, without what npm sets for this script. */
function machineEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
}

/** Without the folders that npm puts in front for this script. */
function machinePath(): string {
  return (process.env["PATH"] ?? "").split(delimiter).filter((place) => !place.includes("node_modules")).join(delimiter);
}
