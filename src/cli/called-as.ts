import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { spellControls } from "../ledger/text/visible-text.ts";

/** Names of the commands that hints mention. */
export const HINTED_COMMANDS = [
  "access",
  "alerts",
  "archive",
  "chargeback",
  "completion",
  "config",
  "ddl",
  "deliver",
  "demo",
  "doctor",
  "explain",
  "init",
  "journal",
  "limits",
  "live",
  "prices",
  "privacy",
  "reconcile",
  "run",
  "schedule",
  "simulate",
  "status",
  "worker",
] as const;

const NAME = "aperture-ledger";
/** Prose such as “this version of aperture-ledger reads” is not a call, and neither is `/opt/aperture-ledger run`. */
const CALL = new RegExp(String.raw`(?<![\w./-])${NAME}(?= (?:(?:${HINTED_COMMANDS.join("|")})\b|\[options\]))`, "g");
/** Scripts of package.json whose users call others of this program by `npm run`. */
const SCRIPTS: ReadonlySet<string | undefined> = new Set(["ledger", "demo"]);

/** What a process knows about how it was called. */
export interface CalledProcess {
  /** Node, as it was typed. */
  argv0: string;
  /** Complete path of the program; a link is not followed. */
  program: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Repeats in hints how this process was called: “aperture-ledger status” becomes “npx aperture-ledger status”. */
export function asCalled(text: string): string {
  if (!text.includes(NAME)) return text;
  const { argv, argv0, env } = process;
  return text.replace(CALL, () => calledAs({ argv0, program: argv[1] ?? NAME, cwd: process.cwd(), env }));
}

/**
 * What its user types before the name of a command: `aperture-ledger`, `npx aperture-ledger`, `npm run -s ledger --`, `node src/cli/start.js`, or
 * what `APERTURE_LEDGER_CALLED_AS` says, which is for wrappers of the program, such as docker-compose.yml.
 */
export function calledAs({ argv0, program, cwd, env }: CalledProcess): string {
  const wrapper = env["APERTURE_LEDGER_CALLED_AS"];
  if (wrapper !== undefined && wrapper !== "") return wrapper;
  if (isScriptOf(dirname(env["npm_package_json"] ?? "/"), program, env)) return "npm run -s ledger --";
  if (basename(program) !== NAME) return `${argv0} ${shownPath(program, cwd)}`;
  const folder = dirname(program);
  // npm puts its folders in front of the user's own PATH.
  if (env["npm_command"] !== undefined && folder === join(env["npm_config_local_prefix"] ?? "/", "node_modules/.bin")) return `npx ${NAME}`;
  const isFound = (env["PATH"] ?? "").split(delimiter).some((place) => place !== "" && resolve(cwd, place) === folder);
  return isFound ? NAME : shownPath(program, cwd, "./");
}

function isScriptOf(checkout: string, program: string, { npm_lifecycle_event: script }: NodeJS.ProcessEnv): boolean {
  return SCRIPTS.has(script) && program === join(checkout, "src/cli/start.js");
}

/** As a shell reads it; below the working folder, relative to it. */
function shownPath(path: string, cwd: string, before = ""): string {
  const below = relative(cwd, path);
  const shown = spellControls(below === "" || below.startsWith("..") || isAbsolute(below) ? path : `${before}${below}`);
  return /^[\w./:@%+=,-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}
